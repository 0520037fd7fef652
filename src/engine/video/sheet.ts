/**
 * A picture with transparency, prepared for being laid over yuv420p pictures (BT.709, limited range): samples are
 * multiplied with their alpha beforehand, so that laying one over another is one multiplication a sample.
 *
 * A sheet is plain memory and never changes; whoever holds it needs not free it.
 */
/** One plane: `data[i]` is sample times alpha / 255, `alpha[i]` 0 (see-through) to 255. */
export interface SheetPlane {
  width: number;
  height: number;
  data: Uint8Array;
  alpha: Uint8Array;
  /** For each row the first column that is not see-through, and one past the last; equal when there is none. */
  first: Int32Array;
  end: Int32Array;
}

export interface Sheet {
  /** Even numbers. */
  width: number;
  height: number;
  y: SheetPlane;
  /** Half as wide and high. */
  u: SheetPlane;
  v: SheetPlane;
}

/** Samples of video range (ITU-R BT.709 section 3), not rounded. */
function luma(r: number, g: number, b: number): number {
  return 16 + (219 * (0.2126 * r + 0.7152 * g + 0.0722 * b)) / 255;
}

function chromaB(r: number, g: number, b: number): number {
  return 128 + (224 * (b - (0.2126 * r + 0.7152 * g + 0.0722 * b))) / 1.8556 / 255;
}

function chromaR(r: number, g: number, b: number): number {
  return 128 + (224 * (r - (0.2126 * r + 0.7152 * g + 0.0722 * b))) / 1.5748 / 255;
}

function emptyPlane(width: number, height: number): SheetPlane {
  return {
    width,
    height,
    data: new Uint8Array(width * height),
    alpha: new Uint8Array(width * height),
    first: new Int32Array(height),
    end: new Int32Array(height),
  };
}

/** Notes for each row where something is to be seen. */
function findSpans(plane: SheetPlane): void {
  const { width, height, alpha } = plane;
  for (let row = 0; row < height; row++) {
    let first = 0;
    while (first < width && alpha[row * width + first] === 0) first++;
    let end = width;
    while (end > first && alpha[row * width + end - 1] === 0) end--;
    plane.first[row] = first;
    plane.end[row] = end;
  }
}

/** A colour 0xrrggbb as video samples. */
export function colourSamples(colour: number): { y: number; u: number; v: number } {
  const r = (colour >> 16) & 255;
  const g = (colour >> 8) & 255;
  const b = colour & 255;
  return { y: Math.round(luma(r, g, b)), u: Math.round(chromaB(r, g, b)), v: Math.round(chromaR(r, g, b)) };
}

/**
 * @param rgba samples in rows without padding, not multiplied with their alpha; only read
 * @param width even; @param height even
 */
export function sheetFromRgba(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): Sheet {
  if (width % 2 !== 0 || height % 2 !== 0) throw new RangeError('a sheet has even sides');
  const y = emptyPlane(width, height);
  const u = emptyPlane(width / 2, height / 2);
  const v = emptyPlane(width / 2, height / 2);
  for (let i = 0; i < width * height; i++) {
    const alpha = rgba[4 * i + 3] ?? 0;
    if (alpha === 0) continue;
    y.alpha[i] = alpha;
    y.data[i] = Math.round((luma(rgba[4 * i] ?? 0, rgba[4 * i + 1] ?? 0, rgba[4 * i + 2] ?? 0) * alpha) / 255);
  }
  for (let row = 0; row < u.height; row++) {
    for (let column = 0; column < u.width; column++) {
      let alpha = 0;
      let blue = 0;
      let red = 0;
      for (let part = 0; part < 4; part++) {
        const at = 4 * ((2 * row + (part >> 1)) * width + 2 * column + (part & 1));
        const opacity = rgba[at + 3] ?? 0;
        if (opacity === 0) continue;
        const [r, g, b] = [rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0];
        alpha += opacity;
        blue += chromaB(r, g, b) * opacity;
        red += chromaR(r, g, b) * opacity;
      }
      const at = row * u.width + column;
      u.alpha[at] = v.alpha[at] = Math.round(alpha / 4);
      u.data[at] = Math.round(blue / 4 / 255);
      v.data[at] = Math.round(red / 4 / 255);
    }
  }
  for (const plane of [y, u, v]) findSpans(plane);
  return { width, height, y, u, v };
}
