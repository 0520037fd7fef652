/** FFmpeg's own log. */
export { AV_LOG_ERROR, AV_LOG_QUIET } from 'node-av/constants';
export { Log } from 'node-av/lib';
