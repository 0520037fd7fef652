/** Components as tests want them. */
import type { OverlaySpec, TextStyle } from '../../../../src/domain/desired.js';

export const STYLE: TextStyle = {
  font: 'NotoSansHans-Regular',
  size: 0.1,
  color: 0xff0000,
  outline: { color: null, width: 0 },
  align: 'left',
};

const COMMON: Omit<OverlaySpec, 'id' | 'content'> = {
  name: 'component',
  order: 'cover',
  width: 0,
  height: 0,
  x: 0,
  y: 0,
  refer: 'topLeft',
  opacity: 1,
  effect: 'none',
  crawlSpeed: 0.1,
};

export function textSpec(
  text: string,
  changes: Partial<OverlaySpec> = {},
  style: Partial<TextStyle> = {},
): OverlaySpec {
  return { ...COMMON, id: 'text', content: { kind: 'text', text, style: { ...STYLE, ...style } }, ...changes };
}

export function imageSpec(url: string, changes: Partial<OverlaySpec> = {}): OverlaySpec {
  return { ...COMMON, id: 'image', content: { kind: 'image', url }, ...changes };
}

/** A caption `cap` at the middle of the lower edge, 5 % above it. */
export function captionSpec(shape: { perLine: number; lines: number }): OverlaySpec {
  const content = { kind: 'caption' as const, style: STYLE, ...shape };
  return { ...COMMON, id: 'cap', content, refer: 'bottomCenter', y: 0.05 };
}
