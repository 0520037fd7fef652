/**
 * Components: texts, pictures and captions that are laid over (or under) the pictures of a scene. Kept as they were
 * described, so that a query returns what was sent; {@link overlayOf} says what is to be drawn. Shares of the frame.
 */
import type { Caster } from './caster.js';
import type { FontName, OverlayContent, OverlaySpec, Position, PositionRefer, TextStyle } from './desired.js';
import { Refused } from './error.js';
import { requireSources } from './layout.js';

export interface GivenStyle {
  font: FontName;
  /** Share of the frame's height; -1 and 0 stand for {@link DEFAULT_SIZE}. */
  size: number;
  /** 0xrrggbb. */
  color: number;
  borderColor: number | null;
  /** Share of the font size. */
  borderWidth: number;
  align: TextStyle['align'];
}

export const CAPTION_LANGUAGES = ['en', 'cn', 'es', 'ru'] as const;
export type CaptionLanguage = (typeof CAPTION_LANGUAGES)[number];

/** How captions of one language are broken: characters in a line, and lines kept when captions may be cut. */
export interface CaptionLines {
  perLine: number;
  pages: number;
}

/** Settings of a caption. Speech is not recognised here: what is shown is pushed by SendCasterCaption. */
export interface GivenCaption {
  kind: 'caption';
  /** Whose speech it is: position of a source, or a channel. */
  source: Position;
  sourceLanguage: CaptionLanguage;
  /** `null`: captions in the language of the source alone. */
  targetLanguage: CaptionLanguage | null;
  showSourceLanguage: boolean;
  truncation: boolean;
  sourceLines: CaptionLines;
  targetLines: CaptionLines;
  /** Kept and returned, without effect: shift against speech (ms) and two spacings. */
  ptsOffset: number;
  wordSpace: number;
  lineSpace: number;
  /** Characters shown when captions may not be cut. */
  wordsCount: number;
  style: GivenStyle;
}

export type GivenContent =
  | { kind: 'text'; text: string; style: GivenStyle }
  | { kind: 'image'; url: string }
  | GivenCaption;

export interface GivenLayer {
  width: number;
  height: number;
  x: number;
  y: number;
  refer: PositionRefer;
  /** 0 to 255, which is opaque. */
  transparency: number;
}

export interface Component {
  id: string;
  /** `RC01` to `RC99`; a caption may stand at the position of its source instead. */
  position: string;
  name: string;
  order: OverlaySpec['order'];
  effect: OverlaySpec['effect'];
  /** Shares of the frame a second. */
  crawlSpeed: number;
  layer: GivenLayer;
  content: GivenContent;
}

/** Size of texts for which none is given: 36 lines of 720. */
export const DEFAULT_SIZE = 0.05;

/** The reference's defaults. */
export const DEFAULT_STYLE: GivenStyle = {
  font: 'KaiTi',
  size: -1,
  color: 0xff0000,
  borderColor: null,
  borderWidth: 0,
  align: 'left',
};

function textStyle(given: GivenStyle): TextStyle {
  const { font, color, align } = given;
  const size = given.size > 0 ? given.size : DEFAULT_SIZE;
  return { font, size, color, outline: { color: given.borderColor, width: given.borderWidth }, align };
}

/**
 * Captions that may be cut keep as many lines as they say. Others show as many as their characters need, so that
 * nothing of the newest text is missing. The translation's figures count where there is one.
 */
function captionOf(given: GivenCaption): OverlayContent {
  const { perLine, pages } = given.targetLanguage === null ? given.sourceLines : given.targetLines;
  const lines = given.truncation ? pages : Math.max(2, Math.ceil(given.wordsCount / perLine));
  return { kind: 'caption', style: textStyle(given.style), perLine, lines };
}

function contentOf(given: GivenContent): OverlayContent {
  switch (given.kind) {
    case 'text':
      return { kind: 'text', text: given.text, style: textStyle(given.style) };
    case 'image':
      return { kind: 'image', url: given.url };
    case 'caption':
      return captionOf(given);
  }
}

/** The component as it is to be drawn. */
export function overlayOf(component: Component): OverlaySpec {
  const { id, name, order, effect, crawlSpeed, content } = component;
  const { transparency, ...place } = component.layer;
  return { id, name, order, content: contentOf(content), ...place, opacity: transparency / 255, effect, crawlSpeed };
}

/** @throws Refused InvalidComponent.NotFound */
export function componentOf(caster: Caster, id: string): Component {
  const component = caster.components.find((candidate) => candidate.id === id);
  if (!component) throw new Refused('InvalidComponent.NotFound', `The studio has no component ${id}.`);
  return component;
}

/** The overlays that a scene takes over, in the order given. @throws Refused InvalidComponent.NotFound and others */
export function overlaysOf(caster: Caster, ids: string[]): OverlaySpec[] {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new Refused('InvalidParameter.Malformed', `ComponentId names ${twice} twice; a component is shown once.`);
  }
  return ids.map((id) => overlayOf(componentOf(caster, id)));
}

/** A caption whose source has gone since can still be changed in everything else. */
function check(caster: Caster, { content }: Component, old: GivenContent | null): void {
  if (content.kind !== 'caption' || (old?.kind === 'caption' && old.source === content.source)) return;
  requireSources(caster, [content.source]);
}

/** @throws Refused UserQuotaExceed, DuplicateLocationID, InvalidResource.NotFound */
export function addComponent(caster: Caster, component: Component, mostComponents: number): Caster {
  if (caster.components.length >= mostComponents) {
    throw new Refused('UserQuotaExceed', `A studio has at most ${mostComponents} components; delete one first.`);
  }
  const { position } = component;
  if (position.startsWith('RC') && caster.components.some((other) => other.position === position)) {
    throw new Refused('DuplicateLocationID', `Position ${position} already has a component; delete it first.`);
  }
  check(caster, component, null);
  return { ...caster, components: [...caster.components, component] };
}

/**
 * Scenes and keys keep their copies until the component is applied again.
 * @throws Refused InvalidComponent.NotFound, InvalidResource.NotFound
 */
export function replaceComponent(caster: Caster, component: Component): Caster {
  check(caster, component, componentOf(caster, component.id).content);
  return { ...caster, components: caster.components.map((old) => (old.id === component.id ? component : old)) };
}

/** The component disappears everywhere at once. */
export function removeComponent(caster: Caster, id: string): Caster {
  componentOf(caster, id);
  const scenes = caster.scenes.map((scene) => ({
    ...scene,
    overlays: scene.overlays.filter((overlay) => overlay.id !== id),
  }));
  const keys = caster.mix.keys.filter((key) => key.overlay.id !== id);
  const components = caster.components.filter((component) => component.id !== id);
  return { ...caster, components, scenes, mix: { ...caster.mix, keys } };
}
