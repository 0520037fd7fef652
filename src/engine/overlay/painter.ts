/**
 * What overlays ask of whoever draws: texts, labels, and samples turned into sheets. Drawing takes from one to some
 * hundred milliseconds, so it never happens on the thread that ticks; each answer is a promise.
 *
 * All lengths are pixels. Nothing here is drawn larger than {@link MAX_SHEET_AREA}; a caller that needs more asks for
 * parts. Every answer is bounded in time; a rejection says in words what went wrong, and asking again may help.
 */
import type { FontName } from '../../domain/desired.js';
import type { Size } from '../../domain/geometry.js';
import type { Sheet } from '../video/sheet.js';

/** Samples of one drawing: two 4K frames. Drawing takes 8 bytes a sample for a moment, the sheet 3. */
export const MAX_SHEET_AREA = 2 * 3840 * 2160;
/** The API's limit for texts; more is cut off. */
export const MAX_CHARACTERS = 1024;

/** A text and how it looks. */
export interface TextSetting {
  /** Lines are parted by "\n". */
  text: string;
  font: FontName;
  /** Size of the font (its em). */
  fontPx: number;
  /** 0xrrggbb. */
  color: number;
  /** Drawn around the letters, outside of them. */
  outline: { color: number; px: number } | null;
  align: 'left' | 'center' | 'right';
}

/** How large a text is. All numbers are even. */
export interface TextMeasure {
  /** What is placed: the widest line, by all lines of 1.2 em, and the outline around them. Nothing for an empty text. */
  box: Size;
  /** How far marks stick out of the box: accents on capitals, long tails. */
  over: { left: number; top: number; right: number; bottom: number };
  /** Characters that no font has, each once; they are left out. */
  missing: string;
}

/** A part of a drawing, from the left upper corner of the text's box on. All numbers are even. */
export interface Part extends Size {
  x: number;
  y: number;
}

export interface LabelStyle {
  fontPx: number;
  /** 0xrrggbb. */
  color: number;
  /** 0xrrggbb of the plate. */
  background: number;
  /** A text that is wider than this (even) ends with an ellipsis. */
  maxWidth: number;
}

export interface Painter {
  /** How large a text would be. */
  measure(setting: TextSetting): Promise<TextMeasure>;
  /** Draws a part of a text. */
  paint(setting: TextSetting, part: Part): Promise<Sheet>;
  /** One line on a plate, at most `maxWidth` wide. */
  label(text: string, style: LabelStyle): Promise<Sheet>;
  /**
   * A sheet of samples as `sheetFromRgba` takes them.
   * @param rgba given away: it cannot be read afterwards; a view of a whole buffer
   */
  sheet(rgba: Uint8Array, width: number, height: number): Promise<Sheet>;
  /** Calls off what is under way. */
  close(): Promise<void>;
}
