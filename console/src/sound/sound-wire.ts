/** What the sound desk needs of the API's answers, and how it writes a mix. */
import { flag, type Json, list, number, object, text, texts } from '../json.js';

/** What is done to the sound of a layer before its gain. */
export interface SoundFilter {
  noise: 'off' | 'speech' | 'music';
  /** Gain control. */
  autoGain: boolean;
  voice: 'off' | 'deep' | 'bright';
}

/** How a source sounds in a mix. */
export interface SoundLayer {
  /** What layouts call the source by. */
  place: string;
  /** Linear, 0 to 10. */
  gain: number;
  channels: 'all' | 'left' | 'right';
  /** 0 to 5000. */
  delayMs: number;
  filter: SoundFilter;
}

/** The mix of a scene. */
export interface SceneMix {
  /** Whether takes bring the sound of the preview to this scene. */
  follow: boolean;
  layers: readonly SoundLayer[];
}

export const NO_FILTER: SoundFilter = { noise: 'off', autoGain: false, voice: 'off' };
export const NO_LAYER: Omit<SoundLayer, 'place'> = { gain: 1, channels: 'all', delayMs: 0, filter: NO_FILTER };
export const LONGEST_DELAY_MS = 5_000;

/** Sound of the programme beyond its mix, from DescribeCasterSound. dB and ms, the silence alarm in seconds. */
export interface SoundSettings {
  ducking: {
    on: boolean;
    triggers: readonly string[];
    depth: number;
    threshold: number;
    attack: number;
    release: number;
  };
  tone: { on: boolean; hz: number; level: number };
  silence: { on: boolean; threshold: number; seconds: number };
  /** Where each source is listened to, by its place: WHEP addresses. */
  listens: ReadonlyMap<string, string>;
}

export const NO_SETTINGS: SoundSettings = {
  ducking: { on: false, triggers: [], depth: 12, threshold: -40, attack: 50, release: 600 },
  tone: { on: false, hz: 1000, level: -18 },
  silence: { on: false, threshold: -60, seconds: 10 },
  listens: new Map(),
};

const CHANNELS = { all: 'all', left: 'leftChannel', right: 'rightChannel' } as const;

/** The server may write the filter as the text that it was given, or as an object; keys in either case. */
function readFilter(value: unknown): SoundFilter {
  let given = value;
  if (typeof given === 'string') {
    try {
      given = JSON.parse(given);
    } catch {
      // Stays text, which is no filter.
    }
  }
  const filter: Json = {};
  for (const [key, one] of Object.entries(object(given))) filter[key.charAt(0).toLowerCase() + key.slice(1)] = one;
  return {
    noise: !flag(filter.enableAns) ? 'off' : number(filter.ansMode) === 1 ? 'music' : 'speech',
    autoGain: flag(filter.enableAgc),
    voice: !flag(filter.enableBeautify) ? 'off' : number(filter.voiceBeautifyMode) === 1 ? 'bright' : 'deep',
  };
}

/** As AudioLayer.N.Filter takes it. */
export function writeFilter({ noise, autoGain, voice }: SoundFilter): string {
  return JSON.stringify({
    enableAgc: autoGain ? 1 : 0,
    enableAns: noise === 'off' ? 0 : 1,
    ansMode: noise === 'music' ? 1 : 0,
    enableBeautify: voice === 'off' ? 0 : 1,
    voiceBeautifyMode: voice === 'bright' ? 1 : 0,
  });
}

/** From DescribeCasterSceneAudio. */
export function readSceneMix(answer: unknown): SceneMix {
  const layers = list(answer, 'AudioLayers', 'AudioLayer');
  const places = texts(object(answer).MixList, 'LocationId');
  return {
    follow: flag(object(answer).FollowEnable),
    layers: places.map((place, index): SoundLayer => {
      const layer = layers[index] ?? {};
      const channel = text(layer.ValidChannel);
      return {
        place,
        gain: layer.VolumeRate === undefined ? 1 : number(layer.VolumeRate),
        channels: channel === CHANNELS.left ? 'left' : channel === CHANNELS.right ? 'right' : 'all',
        delayMs: number(layer.FixedDelayDuration),
        filter: readFilter(layer.Filter),
      };
    }),
  };
}

/** Parameters of AudioLayer.`index` with the settings that are given. */
export function writeLayer(index: number, layer: Partial<Omit<SoundLayer, 'place'>>): Record<string, string> {
  const { gain, channels, delayMs, filter } = layer;
  const prefix = `AudioLayer.${index}`;
  return {
    ...(gain !== undefined && { [`${prefix}.VolumeRate`]: String(gain) }),
    ...(channels !== undefined && { [`${prefix}.ValidChannel`]: CHANNELS[channels] }),
    ...(delayMs !== undefined && { [`${prefix}.FixedDelayDuration`]: String(delayMs) }),
    ...(filter !== undefined && { [`${prefix}.Filter`]: writeFilter(filter) }),
  };
}

/** From DescribeCasterSound. */
export function readSettings(answer: unknown): SoundSettings {
  const { Ducking, Tone, Silence } = object(answer);
  const [ducking, tone, silence] = [object(Ducking), object(Tone), object(Silence)];
  const listens = list(answer, 'Listens', 'Listen').map((one) => [text(one.LocationId), text(one.RtsUrl)] as const);
  return {
    ducking: {
      on: flag(ducking.Enable),
      triggers: texts(ducking.LocationIds, 'LocationId'),
      depth: number(ducking.Depth),
      threshold: number(ducking.Threshold),
      attack: number(ducking.Attack),
      release: number(ducking.Release),
    },
    tone: { on: flag(tone.Enable), hz: number(tone.Frequency), level: number(tone.Level) },
    silence: { on: flag(silence.Enable), threshold: number(silence.Threshold), seconds: number(silence.Duration) },
    listens: new Map(listens.filter(([place, url]) => place !== '' && url !== '')),
  };
}
