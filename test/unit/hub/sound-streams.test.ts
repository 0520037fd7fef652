/** Streams with nothing but sound, and readers that take nothing else, with a clock that the test owns. */
import { expect, test } from 'vitest';
import { PictureGroup } from '../../../src/hub/group.js';
import { type Segment, Segmenter } from '../../../src/hub/playback/segmenter.js';
import { TagStream } from '../../../src/hub/playback/tag-stream.js';
import { parseAacConfig } from '../../../src/hub/protocol/aac.js';
import { decodeAmf } from '../../../src/hub/protocol/amf0.js';
import { initSegment } from '../../../src/hub/protocol/fmp4.js';
import { withInactive } from '../../../src/hub/protocol/sdp.js';
import type { ReaderKind, Sink } from '../../../src/hub/reader.js';
import { Stream } from '../../../src/hub/stream.js';
import { type MediaPacket, TRACK_AAC, TRACK_OPUS, TRACK_VIDEO, type Track } from '../../../src/link/frame.js';
import { TEST_AVCC, testPicture } from '../../support/link-engine.js';

/** AAC LC, 48 kHz, one channel. */
const MONO = Buffer.from('1188', 'hex');
const STEREO = Buffer.from('1190', 'hex');
const FRAME_US = 1024e6 / 48_000;

function sound(index: number, track: Track = TRACK_AAC): MediaPacket {
  return { track, key: true, dts: Math.round(index * FRAME_US), cts: 0, payload: new Uint8Array(100) };
}

class Rig {
  /** Milliseconds. */
  time = 1000;
  readonly demands: string[] = [];
  keyframes = 0;
  readonly stream = new Stream('caster/a_listen_rv01', () => this.time, { published: () => {} });

  publish() {
    const publication = this.stream.publish({
      canMakeKeyframes: true,
      keyframe: () => {
        this.keyframes++;
      },
      demand: (readers, opus) => this.demands.push(`${readers} ${opus}`),
      replaced: () => {},
    });
    return publication ?? expect.unreachable();
  }

  join(kind: ReaderKind, tracks: Track[]) {
    const packets: MediaPacket[] = [];
    const log: string[] = [];
    const sink: Sink = {
      config: ({ track }) => log.push(`config ${track}`),
      packet: (packet) => packets.push(packet),
      without: (track) => log.push(`without ${track}`),
      source: () => {},
      end: () => {},
      backlog: () => 0,
      sent: () => 0,
    };
    const start = kind === 'whep' ? ('next-key' as const) : ('cached' as const);
    const reader = this.stream.join({ kind, tracks: new Set(tracks), start, patient: false, sink });
    return { packets, log, reader };
  }
}

test('no sound is kept for those who come later', () => {
  const group = new PictureGroup();
  for (let index = 0; index < 500; index++) group.add(sound(index));
  expect([group.packets.length, group.bytes]).toEqual([0, 0]);
});

test('a stream of sound is known as one after a second, and tells its publisher who needs what', () => {
  const rig = new Rig();
  const publication = rig.publish();
  publication.config({ track: TRACK_AAC, codec: 'aac', extradata: MONO });
  expect(rig.stream.soundOnly).toBe(false);
  const early = rig.join('flv', [TRACK_VIDEO, TRACK_AAC]);
  for (let index = 0; index < 2_000; index++) {
    publication.packet(sound(index));
    rig.time += FRAME_US / 1000;
    if (index === 40) expect([rig.stream.soundOnly, early.packets.length]).toEqual([false, 0]);
  }
  expect(rig.stream.soundOnly).toBe(true);
  expect(early.packets.length).toBeGreaterThan(1_950);
  const late = rig.join('hls', [TRACK_VIDEO, TRACK_AAC]);
  expect([late.log, late.packets.length]).toEqual([['config 1'], 0]);
  publication.packet(sound(2_000));
  expect(late.packets.map(({ dts }) => dts)).toEqual([Math.round(2_000 * FRAME_US)]);
  const listener = rig.join('whep', [TRACK_OPUS]);
  rig.stream.leave(early.reader);
  publication.config({ track: TRACK_OPUS, codec: 'opus', extradata: Buffer.from('OpusHead') });
  publication.packet(sound(2_001, TRACK_OPUS));
  expect(listener.packets).toHaveLength(1);
  expect(rig.demands).toEqual(['0 0', '1 0', '2 0', '3 1', '2 1']);
});

test('whoever takes only the sound of a stream with pictures waits for no key frame and asks for none', () => {
  const rig = new Rig();
  const publication = rig.publish();
  publication.config({ track: TRACK_VIDEO, codec: 'h264', extradata: TEST_AVCC });
  publication.config({ track: TRACK_OPUS, codec: 'opus', extradata: Buffer.from('OpusHead') });
  publication.packet(testPicture(0, true, 0));
  const { packets } = rig.join('whep', [TRACK_OPUS]);
  publication.packet(testPicture(1, false, 40_000));
  publication.packet(sound(2, TRACK_OPUS));
  rig.time += 1_000;
  rig.stream.tick();
  expect(packets.map(({ track }) => track)).toEqual([TRACK_OPUS]);
  expect(rig.keyframes).toBe(0);
});

test('when an encoder comes back without its pictures, they are forgotten', () => {
  const rig = new Rig();
  const first = rig.publish();
  first.config({ track: TRACK_VIDEO, codec: 'h264', extradata: TEST_AVCC });
  first.config({ track: TRACK_AAC, codec: 'aac', extradata: STEREO });
  first.packet(testPicture(0, true, 0));
  const { log } = rig.join('hls', [TRACK_VIDEO, TRACK_AAC]);
  first.close('vanished', 'gone');
  const second = rig.publish();
  second.config({ track: TRACK_AAC, codec: 'aac', extradata: STEREO });
  for (let index = 0; index < 60; index++) {
    second.packet(sound(index));
    rig.time += FRAME_US / 1000;
  }
  expect(log).toEqual(['config 0', 'config 1', 'without 0']);
  expect(rig.join('flv', [TRACK_VIDEO, TRACK_AAC]).log).toEqual(['config 1']);
});

test('segments go on by time when the pictures have ended, with tracks of their own', () => {
  const segments: Segment[] = [];
  const inits: Buffer[] = [];
  const segmenter = new Segmenter({ init: (_index, data) => inits.push(data), segment: (one) => segments.push(one) });
  segmenter.config({ track: TRACK_VIDEO, codec: 'h264', extradata: TEST_AVCC });
  segmenter.config({ track: TRACK_AAC, codec: 'aac', extradata: MONO });
  for (let index = 0; index < 100; index++) {
    segmenter.packet(testPicture(index, index % 50 === 0, index * 40_000));
    segmenter.packet({ ...sound(index), dts: index * 40_000 });
  }
  segmenter.interrupt();
  segmenter.without(TRACK_VIDEO);
  for (let index = 0; index < 300; index++) {
    const packet = sound(index);
    segmenter.packet({ ...packet, dts: packet.dts + 5_000_000 });
  }
  segmenter.interrupt();
  expect(segments.map(({ init, discontinuity }) => [init, discontinuity])).toEqual([
    [0, false],
    [0, false],
    [1, true],
    [1, false],
    [1, false],
    [1, false],
  ]);
  expect(inits.map((init) => init.toString('latin1').split('trak').length - 1)).toEqual([2, 1]);
  // 300 frames of 1024 samples in all: the last segment ends where its last frame does.
  const total = segments.slice(2).reduce((sum, { duration }) => sum + duration, 0);
  expect(total).toBeCloseTo((300 * 1024) / 48_000, 3);
});

test('one channel is told as one, where a format has a word for it', () => {
  const config = parseAacConfig(MONO);
  expect(config).toMatchObject({ channels: 1, sampleRate: 48_000 });
  const init = initSegment([{ id: 2, kind: 'audio', config, extradata: MONO }]);
  const entry = init.indexOf('mp4a', init.indexOf('stsd'));
  // Six reserved bytes, an index, eight reserved bytes, channels (ISO/IEC 14496-12 12.2.3).
  expect(init.readUInt16BE(entry + 4 + 16)).toBe(1);

  const tags: { type: number; body: Buffer }[] = [];
  let header: [boolean, boolean] | null = null;
  const flv = new TagStream({
    begin: (...has) => {
      header = has;
    },
    tag: (type, _time, body) => tags.push({ type, body: Buffer.concat([...body]) }),
  });
  flv.config({ track: TRACK_AAC, codec: 'aac', extradata: MONO });
  flv.packet(sound(0));
  expect(header).toEqual([false, true]);
  expect(decodeAmf(tags[0]?.body ?? Buffer.alloc(0))[1]).toEqual({
    audiosamplerate: 48_000,
    stereo: false,
    audiocodecid: 10,
    server: 'Castdeck',
  });
  // The flags of AAC always say 44 kHz stereo (Flash Video File Format 10.1, E.4.2.1); the config tells the truth.
  expect(tags[1]?.body).toEqual(Buffer.concat([Buffer.from([0xaf, 0]), MONO]));
});

test('sections of an answer that nothing is sent on are inactive', () => {
  const answer = [
    'v=0\r\ns=-\r\n',
    'm=video 9 UDP/TLS/RTP/SAVPF 103\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=sendonly\r\n',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sendrecv\r\n',
  ].join('');
  expect(withInactive(answer, ['1'])).toBe(answer.replace('a=sendonly', 'a=inactive'));
  expect(withInactive(answer, ['0', '1'])).toBe(answer);
});
