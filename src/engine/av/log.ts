/** FFmpeg's own log. */
export { AV_LOG_ERROR } from 'node-av/constants';
export { Log } from 'node-av/lib';
