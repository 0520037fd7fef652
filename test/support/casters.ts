/** Studios to test rules with. */
import { type Caster, type Layout, newCaster, type Resource, startCaster } from '../../src/domain/caster.js';
import { type Component, DEFAULT_STYLE, type GivenCaption } from '../../src/domain/component.js';
import type { AudioLayer, VideoLayer } from '../../src/domain/desired.js';

export function picture(source: string): VideoLayer {
  return { source, fill: 'none', width: 0, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0 };
}

export function sound(source: string, gain = 1): AudioLayer {
  return { source, gain, channels: 'all', delayMs: 0 };
}

export function testSource(position: string): Resource {
  const input = { kind: 'test', pattern: 'bars', toneHz: 440 } as const;
  return {
    id: `source-${position}`,
    position,
    name: position,
    input,
    inEffect: null,
    delayMs: 0,
    given: { liveStreamUrl: 'test://bars' },
  };
}

export const FULL: Layout = { id: 'full', video: [picture('RV01')], audio: [sound('RV01')] };
export const PAIR: Layout = { id: 'pair', video: [picture('RV02'), picture('RV01')], audio: [sound('RV02', 0.5)] };

/** Idle, with sources on RV01 and RV02 and the layouts {@link FULL} and {@link PAIR}. */
export function idleCaster(): Caster {
  const made = newCaster({ id: 'studio', name: 'Test', now: 1000, clientToken: 't', resourceGroupId: '', tags: [] });
  return {
    ...made,
    settings: {
      name: 'Test',
      domainName: 'localhost',
      programName: '',
      transcode: { template: 'lp_hd', renditions: ['lld', 'lud'], custom: null },
      channels: false,
      callbackUrl: '',
      syncGroups: [],
      relays: null,
      standby: null,
    },
    resources: [testSource('RV01'), testSource('RV02')],
    layouts: [FULL, PAIR],
  };
}

/** The same on air, its scenes `pvw` and `pgm`. */
export function airCaster(): Caster {
  return startCaster(idleCaster(), 2000, {
    pvw: { id: 'pvw', stream: 'a'.repeat(32) },
    pgm: { id: 'pgm', stream: 'b'.repeat(32) },
  });
}

/** A text in the default style. */
export function textComponent(id: string, position: string): Component {
  return {
    id,
    position,
    name: id,
    order: 'cover',
    effect: 'none',
    crawlSpeed: 0.1,
    layer: { width: 0, height: 0, x: 0.1, y: 0.2, refer: 'topLeft', transparency: 255 },
    content: { kind: 'text', text: `Text of ${id}`, style: DEFAULT_STYLE },
  };
}

/** Captions for the source at RV01. */
export function captionComponent(id: string, position: string): Component {
  const content: GivenCaption = {
    kind: 'caption',
    source: 'RV01',
    sourceLanguage: 'cn',
    targetLanguage: null,
    showSourceLanguage: false,
    truncation: false,
    sourceLines: { perLine: 20, pages: 2 },
    targetLines: { perLine: 20, pages: 2 },
    ptsOffset: 0,
    wordSpace: 0,
    lineSpace: 0,
    wordsCount: 35,
    style: DEFAULT_STYLE,
  };
  return { ...textComponent(id, position), content };
}

/** A file, its input as it is stored. */
export function fileSource(position: string): Resource {
  const url = `http://media.example.com/${position}.mp4`;
  const input = { kind: 'file', url, beginMs: 0, endMs: null, repeat: 0, progressMs: 0 } as const;
  return { ...testSource(position), id: `file-${position}`, input, given: { vodUrl: url } };
}
