/** A text of a scene in pixels of the frame: its setting, where its box lies, and which part of it can be seen. */
import { FONT_NAMES, type FontName, type OverlaySpec, type TextStyle } from '../../domain/desired.js';
import { type Box, placeLayer, type Size } from '../../domain/geometry.js';
import type { Part, TextMeasure, TextSetting } from './painter.js';

/** Limits of the API, pixels. */
const MAX_FONT_PX = 1024;
const MAX_OUTLINE_PX = 16;
const FALLBACK: FontName = 'NotoSansHans-Regular';

/** False for a name that no font stands for; it is drawn with the fallback then. */
export function isKnownFont(name: string): name is FontName {
  return (FONT_NAMES as readonly string[]).includes(name);
}

/** @param frameHeight pixels */
export function settingOf(text: string, style: TextStyle, frameHeight: number): TextSetting {
  const fontPx = Math.min(MAX_FONT_PX, Math.max(1, style.size * frameHeight));
  const { color, width } = style.outline;
  const px = Math.min(MAX_OUTLINE_PX, width * fontPx);
  return {
    text,
    font: isKnownFont(style.font) ? style.font : FALLBACK,
    fontPx,
    color: style.color,
    outline: color !== null && px > 0 ? { color, px } : null,
    align: style.align,
  };
}

/** Places something of its own size by the anchors of a component. */
export function placeOwnSize({ x, y, refer }: OverlaySpec, frame: Size, own: Size): Box {
  return placeLayer({ source: '', fill: 'none', width: 0, height: 0, x, y, refer, delayMs: 0 }, frame, own);
}

/** All of a drawing that belongs to a text: its box and what sticks out of it, from the left upper corner of the box on. */
export function inkOf({ box, over }: TextMeasure): Part {
  return {
    x: -over.left,
    y: -over.top,
    width: box.width + over.left + over.right,
    height: box.height + over.top + over.bottom,
  };
}

/**
 * What of a drawing is inside the frame, seen from the same corner as `ink`; null when nothing is.
 * @param at where that corner lies in the frame; even
 */
export function visiblePart(ink: Part, at: { x: number; y: number }, frame: Size): Part | null {
  const left = Math.max(ink.x, -at.x);
  const top = Math.max(ink.y, -at.y);
  const width = Math.min(ink.x + ink.width, frame.width - at.x) - left;
  const height = Math.min(ink.y + ink.height, frame.height - at.y) - top;
  return width > 0 && height > 0 ? { x: left, y: top, width, height } : null;
}
