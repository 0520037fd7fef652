/**
 * Talk-over, test tone and silence alarm under the operator's hands: what was changed here is shown at once, and until
 * the server's own answer has it. Sent are only the settings that were changed, so two operators do not undo each other.
 */
import type { Pace } from '../pace.js';
import { SendLatest } from './send-latest.js';
import type { SoundSettings } from './sound-wire.js';

export interface SettingsChange {
  ducking?: Partial<SoundSettings['ducking']>;
  tone?: Partial<SoundSettings['tone']>;
  silence?: Partial<SoundSettings['silence']>;
  /** Integrated loudness begins anew. */
  resetLoudness?: true;
}

export interface SettingsSurroundings {
  /** Parameters of SetCasterSound, the id aside. */
  send: (params: Record<string, string>) => Promise<void>;
  onError: (error: unknown) => void;
  pace?: Pace;
}

export function mergeSettings(older: SettingsChange, newer: SettingsChange): SettingsChange {
  return {
    ducking: { ...older.ducking, ...newer.ducking },
    tone: { ...older.tone, ...newer.tone },
    silence: { ...older.silence, ...newer.silence },
    ...((older.resetLoudness || newer.resetLoudness) && { resetLoudness: true }),
  };
}

export function applySettings(settings: SoundSettings, change: SettingsChange): SoundSettings {
  return {
    ducking: { ...settings.ducking, ...change.ducking },
    tone: { ...settings.tone, ...change.tone },
    silence: { ...settings.silence, ...change.silence },
    listens: settings.listens,
  };
}

/** Parameters of SetCasterSound. An empty list cannot be written: the triggers stay as they are then. */
export function writeSettings({ ducking, tone, silence, resetLoudness }: SettingsChange): Record<string, string> {
  const values: Record<string, boolean | number | undefined> = {
    DuckingEnable: ducking?.on,
    DuckingDepth: ducking?.depth,
    DuckingThreshold: ducking?.threshold,
    DuckingAttack: ducking?.attack,
    DuckingRelease: ducking?.release,
    ToneEnable: tone?.on,
    ToneFrequency: tone?.hz,
    ToneLevel: tone?.level,
    SilenceEnable: silence?.on,
    SilenceThreshold: silence?.threshold,
    SilenceDuration: silence?.seconds,
    LoudnessReset: resetLoudness,
  };
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) params[name] = String(value);
  for (const [index, place] of (ducking?.triggers ?? []).entries()) params[`DuckingList.${index + 1}`] = place;
  return params;
}

/**
 * A source as a talk-over trigger, or no longer. The first one turns talk-over on, and is alone then: others that are
 * stored from before were turned off. Without the last one it is turned off, and that one stays stored.
 */
export function changeTrigger({ on, triggers }: SoundSettings['ducking'], place: string): SettingsChange {
  if (!on) return { ducking: { on: true, triggers: [place] } };
  if (!triggers.includes(place)) return { ducking: { on, triggers: [...triggers, place] } };
  const others = triggers.filter((one) => one !== place);
  return others.length > 0 ? { ducking: { on, triggers: others } } : { ducking: { on: false } };
}

export class SettingsHand {
  readonly #sender: SendLatest<SettingsChange>;
  readonly #listeners = new Set<() => void>();
  #known: SoundSettings | null = null;
  #knownTicket = 0;
  #own: { change: SettingsChange; serial: number; takenAt: number } | null = null;
  #serial = 0;
  #ticket = 0;
  #view: SoundSettings | null = null;

  constructor({ send, onError, pace }: SettingsSurroundings) {
    this.#sender = new SendLatest({
      merge: mergeSettings,
      send: async (change) => {
        const upTo = this.#serial;
        await send(writeSettings(change));
        if (this.#own && this.#own.serial <= upTo) this.#own.takenAt = this.#ticket;
      },
      onError: (error) => {
        this.#own = null;
        this.#show();
        onError(error);
      },
      ...(pace && { pace }),
    });
  }

  /** The same object until something changes; null until the server has answered. */
  readonly view = (): SoundSettings | null => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A ticket for a question about the settings; its answer comes with it. */
  ask(): number {
    return ++this.#ticket;
  }

  answered(ticket: number, settings: SoundSettings): void {
    if (ticket < this.#knownTicket) return;
    this.#knownTicket = ticket;
    this.#known = settings;
    if (this.#own && this.#own.takenAt < ticket) this.#own = null;
    this.#show();
  }

  change(change: SettingsChange): void {
    const merged = mergeSettings(this.#own?.change ?? {}, change);
    this.#own = { change: merged, serial: ++this.#serial, takenAt: Number.POSITIVE_INFINITY };
    this.#show();
    this.#sender.add(change);
  }

  #show(): void {
    this.#view = this.#known && applySettings(this.#known, this.#own?.change ?? {});
    for (const listener of this.#listeners) listener();
  }
}
