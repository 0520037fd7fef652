/** A component as the small form describes it, and what the API is told. */
import type { Component } from './mix-wire.js';

/** In reading order of a three by three grid. */
export const ANCHORS = [
  { refer: 'topLeft', words: 'top left' },
  { refer: 'topCenter', words: 'top' },
  { refer: 'topRight', words: 'top right' },
  { refer: 'leftCenter', words: 'left' },
  { refer: 'center', words: 'centre' },
  { refer: 'rightCenter', words: 'right' },
  { refer: 'bottomLeft', words: 'bottom left' },
  { refer: 'bottomCenter', words: 'bottom' },
  { refer: 'bottomRight', words: 'bottom right' },
] as const;

/** The fonts that differ, of the API's names. */
export const FONTS = [
  { name: 'NotoSansHans-Regular', words: 'Noto Sans' },
  { name: 'NotoSansHans-Bold', words: 'Noto Sans bold' },
  { name: 'NotoSansHans-Light', words: 'Noto Sans light' },
  { name: 'KaiTi', words: 'Kai (brush)' },
] as const;

export interface NewComponent {
  kind: 'text' | 'image' | 'caption';
  /** Empty: named after its content. */
  name: string;
  /** The text, or the address of the picture; nothing for captions. */
  content: string;
  /** Height of the letters or of the picture, in hundredths of the frame's. */
  size: number;
  /** `#rrggbb`. */
  color: string;
  font: string;
  /** One of {@link ANCHORS}. */
  refer: string;
}

export const BLANK: NewComponent = {
  kind: 'text',
  name: '',
  content: '',
  size: 7,
  color: '#ffffff',
  font: FONTS[0].name,
  refer: 'bottomLeft',
};

/** Distance from the edges that the place touches, as a share of the frame: inside what every screen shows. */
const MARGIN = 0.05;
const NAME_LETTERS = 40;

/** The first of `RC01` to `RC99` that no component has; null when there is none. */
export function freePosition(components: readonly Component[]): string | null {
  const taken = new Set(components.map(({ position }) => position));
  for (let number = 1; number <= 99; number++) {
    const position = `RC${String(number).padStart(2, '0')}`;
    if (!taken.has(position)) return position;
  }
  return null;
}

function nameOf({ kind, name, content }: NewComponent): string {
  if (name.trim()) return name.trim();
  if (kind === 'caption') return 'Captions';
  const words = kind === 'text' ? content : (content.split(/[?#]/)[0]?.split('/').at(-1) ?? content);
  return words.replace(/\s+/g, ' ').trim().slice(0, NAME_LETTERS) || kind;
}

/**
 * Parameters of AddCasterComponent, studio aside.
 * @param source place of a source: captions belong to one
 */
export function componentParams(made: NewComponent, position: string, source: string): Record<string, string> {
  const { kind, refer, content } = made;
  const size = made.size / 100;
  const isMiddle = { across: !/left|right/i.test(refer), down: !/^(top|bottom)/.test(refer) };
  const style = { SizeNormalized: size, Color: `0x${made.color.slice(1)}`, FontName: made.font };
  const align = isMiddle.across ? 'center' : /right/i.test(refer) ? 'right' : 'left';
  const layer = {
    PositionRefer: refer,
    PositionNormalized: [isMiddle.across ? 0 : MARGIN, isMiddle.down ? 0 : MARGIN],
    ...(kind === 'image' && { HeightNormalized: size }),
  };
  const contents = {
    text: { TextLayerContent: { Text: content, Align: align, ...style } },
    image: { ImageLayerContent: { ImageUrl: content.trim() } },
    caption: { CaptionLayerContent: { LocationId: source, Align: align, SourceLanPerLineWordCount: 40, ...style } },
  }[kind];
  const json = Object.entries(contents).map(([name, value]) => [name, JSON.stringify(value)]);
  return {
    ComponentType: kind,
    ComponentName: nameOf(made),
    LocationId: position,
    ComponentLayer: JSON.stringify(layer),
    ...Object.fromEntries(json),
  };
}
