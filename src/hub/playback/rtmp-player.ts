/** Plays a stream to one RTMP client. The session owns the socket; this only decides what is written to it. */
import { TAG_AUDIO, TAG_VIDEO } from '../protocol/flv.js';
import type { OutgoingMessage } from '../protocol/rtmp-chunk.js';
import {
  AUDIO,
  DATA_AMF0,
  EVENT_STREAM_EOF,
  statusMessage,
  userControlMessage,
  VIDEO,
} from '../protocol/rtmp-message.js';
import type { Sink } from '../reader.js';
import { TagStream } from './tag-stream.js';

export interface RtmpPlayerOptions {
  /** Message stream id that the client plays on. */
  messageStream: number;
  send: (message: OutgoingMessage) => void;
  /** Bytes accepted by the socket but not sent, and sent so far. */
  backlog: () => number;
  sent: () => number;
  /** The stream is over: lets the client go after what has been written. */
  finish: () => void;
}

/** The sink for a reader of kind `rtmp`. */
export function createRtmpPlayer(options: RtmpPlayerOptions): Sink {
  const { messageStream: stream, send } = options;
  const tags = new TagStream({
    begin: () => {},
    tag: (type, timestamp, body) => {
      if (type === TAG_VIDEO) send({ chunkStream: 6, type: VIDEO, stream, timestamp, payload: body });
      else if (type === TAG_AUDIO) send({ chunkStream: 4, type: AUDIO, stream, timestamp, payload: body });
      else send({ chunkStream: 5, type: DATA_AMF0, stream, timestamp, payload: body });
    },
  });
  return {
    config: (config) => tags.config(config),
    packet: (packet) => tags.packet(packet),
    source: () => {},
    end: (reason) => {
      send(userControlMessage(EVENT_STREAM_EOF, stream));
      send(statusMessage(stream, 'status', 'NetStream.Play.UnpublishNotify', reason));
      options.finish();
    },
    backlog: options.backlog,
    sent: options.sent,
  };
}
