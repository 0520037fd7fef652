/** Return codes of FFmpeg: each is looked at, none is dropped. */
import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { FFmpegError } from 'node-av/lib';

/** An FFmpeg call that failed, with the name of the step. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly code: number;
  constructor(step: string, code: number) {
    super(`${step}: ${FFmpegError.strerror(code)}`);
    this.code = code;
  }
}

/** Returns `code` if it is a success. @throws MediaError otherwise. */
export function check(step: string, code: number): number {
  if (code < 0) throw new MediaError(step, code);
  return code;
}

/** The codec or filter wants input before it gives output. */
export function isAgain(code: number): boolean {
  return code === AVERROR_EAGAIN;
}

export function isEnd(code: number): boolean {
  return code === AVERROR_EOF;
}

/** A value that FFmpeg returns as null when it has none. @throws Error naming it. */
export function need<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`FFmpeg has no ${what}`);
  return value;
}
