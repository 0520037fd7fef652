/**
 * Private options of a codec, set one by one before it is opened. A dictionary handed to `open2` is freed by FFmpeg
 * and then a second time by node-av 6.1 when it is collected, which kills the process at some later moment.
 */
import { AV_OPT_SEARCH_CHILDREN, AV_OPT_TYPE_STRING } from 'node-av/constants';
import type { CodecContext } from 'node-av/lib';
import { check } from './result.js';

/** @throws MediaError naming the option that is unknown or out of range */
export function setCodecOptions(context: CodecContext, options: Record<string, string>): void {
  for (const [name, value] of Object.entries(options)) {
    check(
      `set codec option ${name}=${value}`,
      context.setOption(name, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN),
    );
  }
}
