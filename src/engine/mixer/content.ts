/**
 * What a scene shows and sounds like, with its sources and overlays looked up. The next state brings another one; this one
 * only loses sources that are closed.
 */
import type { AudioLayer, OverlaySpec, Position, SceneSpec, VideoLayer } from '../../domain/desired.js';
import type { MixLayer } from '../audio/mix.js';
import type { Picture } from '../av/picture.js';
import type { Overlay } from '../overlay/overlay.js';
import type { Source } from '../source/source.js';
import type { LaidSheet, LayerPicture, SceneParts } from '../video/compositor.js';

export interface Content {
  /** `null` for a scene that is off. */
  spec: SceneSpec | null;
  video: { layer: VideoLayer; source: Source }[];
  audio: { layer: AudioLayer; source: Source }[];
  overlays: SceneOverlay[];
}

/** One drawing may serve several scenes, each with its own opacity and order. */
export interface SceneOverlay {
  spec: OverlaySpec;
  overlay: Overlay;
}

export const NOTHING: Content = { spec: null, video: [], audio: [], overlays: [] };

/** @param overlayOf finds the overlay of a spec that was asked for */
export function contentOf(
  spec: SceneSpec | null,
  byPosition: ReadonlyMap<Position, Source>,
  overlayOf: (spec: OverlaySpec) => Overlay | undefined,
): Content {
  if (!spec) return NOTHING;
  const withSource = <T extends { source: Position }>(layer: T): { layer: T; source: Source }[] => {
    const source = byPosition.get(layer.source);
    return source ? [{ layer, source }] : [];
  };
  return {
    spec,
    video: spec.video.flatMap(withSource),
    audio: spec.audio.flatMap(withSource),
    overlays: spec.overlays.flatMap((one) => {
      const overlay = overlayOf(one);
      return overlay ? [{ spec: one, overlay }] : [];
    }),
  };
}

/**
 * True when everything of the picture can be shown that is not shown already.
 * @param shown is not waited for: what is on air in trouble must not hold up the rest
 */
export function isReady({ video, overlays }: Content, shown: ReadonlySet<Source | Overlay>): boolean {
  return (
    video.every(({ source }) => shown.has(source) || source.isReady()) &&
    overlays.every(({ overlay }) => shown.has(overlay) || overlay.isReady())
  );
}

function laid(overlays: readonly SceneOverlay[], order: 'background' | 'cover'): LaidSheet[] {
  return overlays.flatMap(({ spec, overlay }) => {
    const placed = spec.order === order ? overlay.placed() : null;
    return placed ? [{ ...placed, opacity: spec.opacity }] : [];
  });
}

/** Gives the picture of a source with a delay (µs), which stays its owner's. */
export type PictureOf = (source: Source, delayUs: number) => Picture | null;

/** What is to be seen now. */
export function partsOf({ video, overlays }: Content, pictureOf: PictureOf): SceneParts {
  const pictures = video.flatMap(({ layer, source }): LayerPicture[] => {
    const picture = pictureOf(source, layer.delayMs * 1000);
    return picture ? [{ layer, picture }] : [];
  });
  return { background: laid(overlays, 'background'), pictures, cover: laid(overlays, 'cover') };
}

/** What is to be heard now, at a share of its level. */
export function soundOf({ audio }: Content, share: number): MixLayer[] {
  return share === 0 ? [] : audio.map(({ layer, source }) => ({ layer, source, share }));
}

/** Sources that are seen or heard in it. */
export function sourcesOf({ video, audio }: Content): Source[] {
  return [...video, ...audio].map(({ source }) => source);
}

/** A source is about to be closed: nothing of it is shown or heard any more. */
export function dropFrom(content: Content, source: Source): void {
  content.video = content.video.filter((entry) => entry.source !== source);
  content.audio = content.audio.filter((entry) => entry.source !== source);
}
