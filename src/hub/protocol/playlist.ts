/** HLS media playlists and master playlists (RFC 8216) as text. */

export interface PlaylistSegment {
  uri: string;
  /** Of the initialisation segment that goes with it. */
  initUri: string;
  /** Seconds. */
  duration: number;
  /** What comes before does not join: other coding, or a hole. */
  discontinuity: boolean;
  /** Of its beginning, milliseconds since 1970. */
  date?: number;
}

export interface Playlist {
  /** Number of the first segment in the list. */
  sequence: number;
  /** How many discontinuities have left the list. */
  discontinuitySequence: number;
  /** Seconds; no segment may be longer when rounded. It must not change while clients play. */
  targetDuration: number;
  segments: readonly PlaylistSegment[];
  ended: boolean;
}

/**
 * The text of a live playlist; complete with an end mark when `ended`. It does not promise independent segments
 * (section 4.3.5.1): one that is cut for want of a key frame is none.
 */
export function renderPlaylist(playlist: Playlist): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.sequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
  ];
  let init: string | null = null;
  for (const segment of playlist.segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.initUri !== init) {
      init = segment.initUri;
      lines.push(`#EXT-X-MAP:URI="${init}"`);
    }
    if (segment.date !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.date).toISOString()}`);
    lines.push(`#EXTINF:${segment.duration.toFixed(6)},`, segment.uri);
  }
  if (playlist.ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** One rendition in a master playlist; section 4.3.4.2 has the attributes. */
export interface PlaylistVariant {
  uri: string;
  /** Bits a second: no segment has more, and all of them together. */
  bandwidth: number;
  averageBandwidth: number;
  width: number;
  height: number;
  fps: number;
  /** RFC 6381. */
  codecs: readonly string[];
}

/** The text of a master playlist. Players begin with the first one. */
export function renderMaster(variants: readonly PlaylistVariant[]): string {
  const lines = variants.flatMap(({ uri, bandwidth, averageBandwidth, width, height, fps, codecs }) => [
    [
      `#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil(bandwidth)}`,
      `AVERAGE-BANDWIDTH=${Math.ceil(averageBandwidth)}`,
      `CODECS="${codecs.join(',')}"`,
      `RESOLUTION=${width}x${height}`,
      `FRAME-RATE=${fps.toFixed(3)}`,
    ].join(','),
    uri,
  ]);
  return `${['#EXTM3U', '#EXT-X-VERSION:7', ...lines].join('\n')}\n`;
}
