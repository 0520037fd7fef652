/** What the page needs of the API's answers about components, the mix and the multiview. */
import { flag, list, number, object, text } from './json.js';
import { STANDBY_STATES, type StandbyReading } from './standby-wish.js';

export interface Component {
  id: string;
  /** `RC01` to `RC99`, or that of a source for captions. */
  position: string;
  name: string;
  kind: 'text' | 'image' | 'caption' | 'other';
  /** What it shows, in a few words. */
  words: string;
}

/** How the studio's mix stands, from DescribeCasterMix. */
export interface Mix {
  /** 0 while the T-bar is not held. */
  tbar: number;
  isBlack: boolean;
  /** Ids of the components that are keyed over the programme. */
  keys: readonly string[];
  /** Another object with every answer. */
  standby: StandbyReading;
}

export const NO_MIX: Mix = {
  tbar: 0,
  isBlack: false,
  keys: [],
  standby: { status: 'none', isAsked: false, tick: null },
};

/** A tile of the multiview, in shares of its picture. */
export interface Tile {
  kind: 'pvw' | 'pgm' | 'source';
  /** What layouts call the source by; empty when it is bound to no channel, and for the scenes. */
  place: string;
  /** ResourceId; empty for the scenes. */
  sourceId: string;
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface MultiviewView {
  whepUrl: string;
  /** Width over height. */
  aspect: number;
  tiles: readonly Tile[];
}

const KINDS = ['text', 'image', 'caption'] as const;

export function readComponents(answer: unknown): Component[] {
  const components = list(answer, 'Components', 'Component').map((component): Component => {
    const kind = KINDS.find((one) => one === component.ComponentType) ?? 'other';
    const caption = object(component.CaptionLayerContent);
    const words = {
      text: text(object(component.TextLayerContent).Text),
      image: text(object(component.ImageLayerContent).ImageUrl),
      caption: `for ${text(caption.LocationId)}`,
      other: text(component.ComponentType),
    }[kind];
    const [id, position] = [text(component.ComponentId), text(component.LocationId)];
    return { id, position, name: text(component.ComponentName) || position, kind, words };
  });
  return components.sort((a, b) => a.position.localeCompare(b.position));
}

export function readMix(answer: unknown): Mix {
  const mix = object(answer);
  const keys = list(mix, 'Overlays', 'Overlay').filter((overlay) => flag(overlay.OnAir));
  const { Status, Asked } = object(mix.Standby);
  const { Tick } = object(mix.Engine);
  return {
    tbar: Math.min(1, Math.max(0, number(mix.TransitionPosition))),
    isBlack: flag(object(mix.FadeToBlack).Enable),
    keys: keys.map((overlay) => text(overlay.ComponentId)),
    standby: {
      status: STANDBY_STATES.find((one) => one === Status) ?? 'none',
      isAsked: flag(Asked),
      tick: Tick === undefined ? null : number(Tick),
    },
  };
}

/** Null when the answer has no picture that could be shown. */
export function readMultiview(answer: unknown): MultiviewView | null {
  const multiview = object(answer);
  const [width, height] = [number(multiview.Width), number(multiview.Height)];
  const whepUrl = text(multiview.RtsUrl);
  if (width <= 0 || height <= 0 || whepUrl === '') return null;
  const tiles = list(multiview, 'Tiles', 'Tile').map((tile): Tile => {
    const kind = text(tile.Kind);
    return {
      kind: kind === 'pvw' || kind === 'pgm' ? kind : 'source',
      place: text(tile.LocationId),
      sourceId: text(tile.ResourceId),
      name: text(tile.Name),
      x: number(tile.X) / width,
      y: number(tile.Y) / height,
      width: number(tile.Width) / width,
      height: number(tile.Height) / height,
    };
  });
  return { whepUrl, aspect: width / height, tiles };
}
