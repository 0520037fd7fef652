/** Layouts: from the parallel lists of the wire to layers that can be drawn and mixed, and the rules for them. */
import type { Caster, Layout } from './caster.js';
import { CHANNEL_IDS } from './channel.js';
import type { AudioLayer, Position, PositionRefer, VideoLayer } from './desired.js';
import { Refused } from './error.js';

/** One VideoLayer.N as it was sent; shares of the frame. */
export interface GivenVideoLayer {
  fill: VideoLayer['fill'];
  width: number;
  height: number;
  /** Empty, or x and y. */
  position: number[];
  refer: PositionRefer;
  delayMs: number;
}

export type GivenAudioLayer = Omit<AudioLayer, 'source'>;

/** Most layers of one layout and most layouts of one studio. */
export interface LayoutLimits {
  layouts: number;
  pictures: number;
  sounds: number;
}

/**
 * Pairs VideoLayer with BlendList.
 * @throws Refused InvalidVideoLayersAndBlendListSize.Mismatch, InvalidPositionNormalized.Malformed and others.
 */
export function pairVideo(layers: GivenVideoLayer[], blend: Position[]): VideoLayer[] {
  if (layers.length !== blend.length) {
    throw new Refused(
      'InvalidVideoLayersAndBlendListSize.Mismatch',
      `VideoLayer has ${layers.length} entries and BlendList ${blend.length}; both need the same number.`,
    );
  }
  return blend.map((source, index) => {
    const layer = layers[index];
    if (!layer) throw new Error('lists of equal length');
    const name = `VideoLayer.${index + 1}`;
    const [x = 0, y = 0] = layer.position;
    if (layer.position.length !== 0 && layer.position.length !== 2) {
      throw new Refused(
        'InvalidPositionNormalized.Malformed',
        `${name}.PositionNormalized has ${layer.position.length} numbers; it needs two, x and y.`,
      );
    }
    if (layer.position.some((share) => share < 0 || share > 1)) {
      throw new Refused(
        'InvalidPositionNormalized.Malformed',
        `${name}.PositionNormalized is outside the frame; x and y are shares from 0 to 1.`,
      );
    }
    if (layer.fill !== 'none' && layer.height <= 0) {
      throw new Refused(
        'InvalidHeightNormalized',
        `${name}.HeightNormalized must be above 0 and at most 1 with FillMode ${layer.fill}.`,
      );
    }
    if (layer.fill !== 'none' && layer.width <= 0) {
      throw new Refused(
        'InvalidWidthNormalized',
        `${name}.WidthNormalized must be above 0 and at most 1 with FillMode ${layer.fill}.`,
      );
    }
    const { fill, width, height, refer, delayMs } = layer;
    return { source, fill, width, height, x, y, refer, delayMs };
  });
}

/**
 * Pairs AudioLayer with MixList; what is said of a layer comes through as it is.
 * @throws Refused `mismatch` when the lengths differ, InvalidParameter.Malformed when a position comes twice.
 */
export function pairAudio<T extends object>(
  layers: T[],
  mix: Position[],
  mismatch: 'InvalidVideoLayersAndBlendListSize.Mismatch' | 'InvalidAudioLayersAndMixListSize.Mismatch',
): (T & { source: Position })[] {
  if (layers.length !== mix.length) {
    throw new Refused(
      mismatch,
      `AudioLayer has ${layers.length} entries and MixList ${mix.length}; both need the same number.`,
    );
  }
  const twice = mix.find((source, index) => mix.indexOf(source) !== index);
  if (twice !== undefined) {
    throw new Refused('InvalidParameter.Malformed', `MixList names ${twice} twice; every source is heard once.`);
  }
  return mix.map((source, index) => {
    const layer = layers[index];
    if (!layer) throw new Error('lists of equal length');
    return { source, ...layer };
  });
}

/**
 * With channels, a layout may name one that nothing is bound to yet; it shows nothing then.
 * @throws Refused InvalidResource.NotFound when a position has no source, or there is no such channel.
 */
export function requireSources(caster: Caster, positions: Position[]): void {
  for (const position of positions) {
    if (caster.settings.channels) {
      if (CHANNEL_IDS.includes(position)) continue;
      throw new Refused(
        'InvalidResource.NotFound',
        `There is no channel ${position}; with ChannelEnable=1, channels RV01 to RV12 are named instead of sources.`,
      );
    }
    if (!caster.resources.some((resource) => resource.position === position)) {
      throw new Refused(
        'InvalidResource.NotFound',
        `Position ${position} has no source; add one with AddCasterVideoResource first.`,
      );
    }
  }
}

function check(caster: Caster, layout: Layout, limits: LayoutLimits): void {
  if (layout.video.length > limits.pictures) {
    throw new Refused('UserQuotaExceed', `A layout has at most ${limits.pictures} pictures.`);
  }
  if (layout.audio.length > limits.sounds) {
    throw new Refused('UserQuotaExceed', `A layout has at most ${limits.sounds} sounds.`);
  }
  requireSources(
    caster,
    [...layout.video, ...layout.audio].map((layer) => layer.source),
  );
}

/** @throws Refused InvalidLayout.NotFound */
export function layoutOf(caster: Caster, id: string): Layout {
  const layout = caster.layouts.find((candidate) => candidate.id === id);
  if (!layout) throw new Refused('InvalidLayout.NotFound', `The studio has no layout ${id}.`);
  return layout;
}

export function addLayout(caster: Caster, layout: Layout, limits: LayoutLimits): Caster {
  if (caster.layouts.length >= limits.layouts) {
    throw new Refused('UserQuotaExceed', `A studio has at most ${limits.layouts} layouts; delete one first.`);
  }
  check(caster, layout, limits);
  return { ...caster, layouts: [...caster.layouts, layout] };
}

/** Scenes keep the layout as it was when they took it; they see the change when it is applied again. */
export function replaceLayout(caster: Caster, layout: Layout, limits: LayoutLimits): Caster {
  layoutOf(caster, layout.id);
  check(caster, layout, limits);
  return { ...caster, layouts: caster.layouts.map((old) => (old.id === layout.id ? layout : old)) };
}

/** A scene that shows the layout goes on showing its own copy. */
export function removeLayout(caster: Caster, id: string): Caster {
  layoutOf(caster, id);
  return { ...caster, layouts: caster.layouts.filter((layout) => layout.id !== id) };
}
