/**
 * Which renditions a stream is offered in: what its publisher has announced, as far as that is published. Nothing here
 * starts any of them.
 */
import { TRACK_AAC } from '../../link/frame.js';
import { parseAacConfig } from '../protocol/aac.js';
import { type PlaylistVariant, renderMaster } from '../protocol/playlist.js';
import type { Stream } from '../stream.js';
import type { StreamTable } from '../stream-table.js';

/** What fragmented MP4 adds, bits a second: 16 bytes for each picture and each piece of sound, and the boxes. */
const CONTAINER = 12_000;
/**
 * What a coder may send at once above its rate is spread over so much: the target duration. A segment after a still
 * picture may have more, but a value for the worst one would keep players from renditions that they can play.
 */
const BURST_SECONDS = 3;

/**
 * The programme that a stream is a rendition of, itself perhaps; `null` when it is on its own.
 * @param name full name of the stream
 */
export function programmeOf(table: StreamTable, name: string): string | null {
  const cut = name.lastIndexOf('_');
  const candidates = cut < 0 ? [name] : [name, name.slice(0, cut)];
  const found = candidates.find((base) => table.find(base)?.ladder.some(({ stream }) => stream === name));
  return found ?? null;
}

/** `mp4a.40.2` and the like (RFC 6381 section 3.3); none where there is no sound. */
function soundCodec(stream: Stream): string[] {
  const config = stream.configOf(TRACK_AAC);
  return config ? [`mp4a.40.${parseAacConfig(config.extradata).objectType}`] : [];
}

/**
 * The master playlist of a programme, to be found one folder below its renditions; `null` when it has none.
 * @param query what is added to each address, with its question mark; empty when there is nothing
 */
export function masterPlaylist(table: StreamTable, programme: Stream, query: string): string | null {
  const variants = programme.ladder.filter(({ stream }) => table.find(stream)?.open);
  if (variants.length === 0) return null;
  const sound = soundCodec(programme);
  return renderMaster(
    variants.map(({ stream, width, height, fps, bitrate, burst, soundBitrate, codec }): PlaylistVariant => {
      const average = bitrate + (sound.length > 0 ? soundBitrate : 0) + CONTAINER;
      return {
        uri: `../${stream.slice(stream.indexOf('/') + 1)}.m3u8${query}`,
        bandwidth: average + burst / BURST_SECONDS,
        averageBandwidth: average,
        width,
        height,
        fps,
        codecs: [codec, ...sound],
      };
    }),
  );
}
