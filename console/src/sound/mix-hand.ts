/**
 * The mix of one scene under the operator's hands. Shown is what the server says, with what the hands have done since on
 * top of it: a change is shown from the moment it is made until the server's own answer has it, and a fader that is held
 * stays where it is held, whatever others do.
 *
 * Only what was changed is sent, never the mix: one that is a second old would undo what a take or another operator has
 * done since.
 *
 * The API has no mute: a muted sound is one in the mix with a gain of 0 whose gain from before is remembered here. The
 * memory also keeps the settings of sounds that are not in the mix, and that they were muted when they were taken out.
 */
import type { Pace } from '../pace.js';
import { applyChange, type LayerChange, type MixChange, mergeChanges } from './mix-change.js';
import { SendLatest } from './send-latest.js';
import { NO_LAYER, type SceneMix, type SoundLayer } from './sound-wire.js';

export interface MixSurroundings {
  /** Tells the server; done when it has all of it. */
  send: (change: MixChange) => Promise<void>;
  onError: (error: unknown) => void;
  memory: LayerMemory;
  pace?: Pace;
}

/** Keeps settings beyond the life of a page, as well as it can. */
export interface LayerMemory {
  read: () => readonly KeptLayer[];
  write: (layers: readonly KeptLayer[]) => void;
}

/** Settings with the gain of a sound that is not muted. */
export interface KeptLayer extends SoundLayer {
  /** Outside the mix: comes back muted. */
  isMuted?: true;
}

/** How a source stands in the mix, as a strip shows it. */
export interface StripState {
  isOn: boolean;
  /** Of one that is not in the mix: it will be when it is put in. */
  isMuted: boolean;
  /** With the gain from before while it is muted; what it would be put in with while it is not in the mix. */
  layer: SoundLayer;
}

export interface MixView {
  /** Null until the server has answered. */
  mix: SceneMix | null;
  stripOf: (place: string) => StripState;
}

interface Touched {
  change: LayerChange;
  /** Grows with every change. */
  serial: number;
  /** Ticket of the newest question when the server had taken it; what is asked later knows it. */
  takenAt: number;
}

export class MixHand {
  readonly #around: MixSurroundings;
  readonly #sender: SendLatest<MixChange>;
  readonly #memory: Map<string, KeptLayer>;
  readonly #touched = new Map<string, Touched>();
  readonly #held = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #follow: { value: boolean; serial: number; takenAt: number } | null = null;
  #known: SceneMix | null = null;
  #knownTicket = 0;
  #serial = 0;
  #ticket = 0;
  #view: MixView;

  constructor(around: MixSurroundings) {
    this.#around = around;
    this.#memory = new Map(around.memory.read().map((layer) => [layer.place, layer]));
    const { pace } = around;
    this.#sender = new SendLatest({
      merge: mergeChanges,
      send: (change) => this.#send(change),
      onError: (error, change) => this.#giveUp(error, change),
      ...(pace && { pace }),
    });
    this.#view = this.#look();
  }

  /** The same object until something changes. */
  readonly view = (): MixView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A ticket for a question about the mix; its answer comes with it. */
  ask(): number {
    return ++this.#ticket;
  }

  /** The server's answer to a question. One that was overtaken is left out. */
  answered(ticket: number, mix: SceneMix): void {
    if (ticket < this.#knownTicket) return;
    this.#know(ticket, mix);
    for (const [place, { takenAt }] of this.#touched) {
      if (takenAt < ticket && !this.#held.has(place)) this.#touched.delete(place);
    }
    if (this.#follow && this.#follow.takenAt < ticket) this.#follow = null;
    this.#show();
  }

  /** A hand is on the fader of a place, or has left it. */
  hold(place: string, isHeld: boolean): void {
    if (!isHeld) {
      this.#held.delete(place);
      return;
    }
    this.#held.add(place);
    const { isOn, isMuted, layer } = this.#view.stripOf(place);
    // What others do to it is seen again with the first answer after the hand has left.
    if (isOn && !isMuted && !this.#touched.has(place)) {
      this.#touched.set(place, { change: { gain: layer.gain }, serial: ++this.#serial, takenAt: this.#ticket });
    }
  }

  /** Sets a gain. Of a muted sound it is the gain that it will have again, of one outside the mix that of its entry. */
  setGain(place: string, gain: number): void {
    const { isOn, isMuted, layer } = this.#view.stripOf(place);
    this.#remember({ ...layer, gain }, !isOn && isMuted);
    if (isOn && !isMuted) this.#change(place, { gain });
    else this.#show();
  }

  setMuted(place: string, isMuted: boolean): void {
    const { isOn, layer } = this.#view.stripOf(place);
    if (isOn) this.#change(place, { gain: isMuted ? 0 : layer.gain });
    else {
      this.#remember(layer, isMuted);
      this.#show();
    }
  }

  setOn(place: string, isOn: boolean): void {
    const { isMuted, layer } = this.#view.stripOf(place);
    const { place: _place, ...settings } = layer;
    this.#remember(layer, !isOn && isMuted);
    this.#change(place, isOn ? { ...settings, gain: isMuted ? 0 : layer.gain, isOn } : { isOn });
  }

  setLayer(place: string, change: Pick<LayerChange, 'channels' | 'delayMs' | 'filter'>): void {
    const { isOn, isMuted, layer } = this.#view.stripOf(place);
    this.#remember({ ...layer, ...change }, !isOn && isMuted);
    if (isOn) this.#change(place, change);
    else this.#show();
  }

  setFollow(follow: boolean): void {
    this.#follow = { value: follow, serial: ++this.#serial, takenAt: Number.POSITIVE_INFINITY };
    this.#show();
    this.#sender.add({ follow, places: new Map() });
  }

  #change(place: string, change: LayerChange): void {
    const before = this.#touched.get(place)?.change;
    const touched = { change: { ...before, ...change }, serial: ++this.#serial, takenAt: Number.POSITIVE_INFINITY };
    this.#touched.set(place, touched);
    this.#show();
    this.#sender.add({ places: new Map([[place, change]]) });
  }

  async #send(change: MixChange): Promise<void> {
    const upTo = this.#serial;
    await this.#around.send(change);
    for (const touched of this.#touched.values()) if (touched.serial <= upTo) touched.takenAt = this.#ticket;
    if (this.#follow && this.#follow.serial <= upTo) this.#follow.takenAt = this.#ticket;
    this.#show();
  }

  #giveUp(error: unknown, change: MixChange): void {
    for (const place of change.places.keys()) this.#touched.delete(place);
    if (change.follow !== undefined) this.#follow = null;
    this.#show();
    this.#around.onError(error);
  }

  #know(ticket: number, mix: SceneMix): void {
    this.#known = mix;
    this.#knownTicket = ticket;
    for (const layer of mix.layers) {
      // What is being changed here is remembered as it was set here.
      if (this.#touched.has(layer.place)) continue;
      this.#remember(layer.gain > 0 ? layer : { ...layer, gain: this.#memory.get(layer.place)?.gain ?? 0 });
    }
  }

  #remember({ place, gain, channels, delayMs, filter }: SoundLayer, isMuted = false): void {
    const layer: KeptLayer = { place, gain, channels, delayMs, filter, ...(isMuted && { isMuted }) };
    if (JSON.stringify(this.#memory.get(place)) === JSON.stringify(layer)) return;
    this.#memory.set(place, layer);
    this.#around.memory.write([...this.#memory.values()]);
  }

  #show(): void {
    this.#view = this.#look();
    for (const listener of this.#listeners) listener();
  }

  #look(): MixView {
    const places = new Map([...this.#touched].map(([place, { change }]) => [place, change]));
    const change = this.#follow ? { follow: this.#follow.value, places } : { places };
    const mix = this.#known && applyChange(this.#known, change);
    // As it is now: a view may be looked at later than the next change.
    const memory = new Map(this.#memory);
    const stripOf = (place: string): StripState => {
      const layer = mix?.layers.find((one) => one.place === place);
      const kept = memory.get(place);
      if (!layer) return { isOn: false, isMuted: kept?.isMuted ?? false, layer: kept ?? { ...NO_LAYER, place } };
      const isMuted = layer.gain === 0 && (kept?.gain ?? 0) > 0;
      return { isOn: true, isMuted, layer: isMuted && kept ? { ...layer, gain: kept.gain } : layer };
    };
    return { mix, stripOf };
  }
}
