/**
 * What decoded pictures and sound show: frame codes, flashes, black, tones and beeps. Pure functions; times are
 * milliseconds on the clock of the stream, levels are amplitudes from 0 to 1 (full scale).
 */
import { type Area, type FrameCode, readFrameCode } from '../../src/lib/framecode.js';
import { SAMPLE_RATE } from './coded-picture.js';
import type { GrayFrame, Pcm } from './decode.js';

/** The whole picture. */
export function wholeFrame(frame: GrayFrame): Area {
  return { x: 0, y: 0, width: frame.width, height: frame.height };
}

/** Part of the picture given in shares of it, 0 to 1. */
export function shareOfFrame(frame: GrayFrame, x: number, y: number, width: number, height: number): Area {
  return { x: x * frame.width, y: y * frame.height, width: width * frame.width, height: height * frame.height };
}

/** Code of the coded picture that lies in `area` (the whole frame unless told); `null` when there is none. */
export function readCode(frame: GrayFrame, area: Area = wholeFrame(frame)): FrameCode | null {
  return readFrameCode({ data: frame.data, stride: frame.width }, area);
}

/** Mean, least and greatest luma of an area, 0 to 255. */
export function lumaOf(frame: GrayFrame, area: Area = wholeFrame(frame)): { mean: number; min: number; max: number } {
  let sum = 0;
  let count = 0;
  let min = 255;
  let max = 0;
  for (let y = Math.ceil(area.y); y < Math.floor(area.y + area.height); y++) {
    for (let x = Math.ceil(area.x); x < Math.floor(area.x + area.width); x++) {
      const luma = frame.data[y * frame.width + x] ?? 0;
      sum += luma;
      count++;
      if (luma < min) min = luma;
      if (luma > max) max = luma;
    }
  }
  return { mean: count > 0 ? sum / count : 0, min, max };
}

/** True when nothing in the area is lighter than lossy coding makes of black. */
export function isBlack(frame: GrayFrame, area: Area = wholeFrame(frame)): boolean {
  const { mean, max } = lumaOf(frame, area);
  return mean <= 16 && max <= 56;
}

/** Pictures in which a flash begins: the lower half of `area` is white and was not in the picture before. */
export function flashFrames(frames: readonly GrayFrame[], area?: Area): GrayFrame[] {
  const white = (frame: GrayFrame): boolean => {
    const place = area ?? wholeFrame(frame);
    // A margin keeps neighbours in a composed picture and blurred edges out.
    const lower = {
      x: place.x + place.width * 0.1,
      y: place.y + place.height * 0.6,
      width: place.width * 0.8,
      height: place.height * 0.3,
    };
    return lumaOf(frame, lower).mean > 215;
  };
  return frames.filter((frame, index) => {
    const before = frames[index - 1];
    return white(frame) && before !== undefined && !white(before);
  });
}

/** Amplitude of one frequency in samples [from, to), after Goertzel with a Hann window so that neighbours leak little. */
function amplitudeAt(samples: Int16Array, from: number, to: number, hz: number): number {
  const count = to - from;
  if (count < 2) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let one = 0;
  let two = 0;
  for (let index = 0; index < count; index++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / (count - 1));
    const value = ((samples[from + index] ?? 0) / 32_768) * window + coefficient * one - two;
    two = one;
    one = value;
  }
  const power = one * one + two * two - coefficient * one * two;
  // The window's mean is a half, a sine's energy is split over two bins: together a factor of four over the count.
  return (Math.sqrt(Math.max(0, power)) * 4) / count;
}

function sampleAt(pcm: Pcm, ms: number): number {
  const sample = Math.round(((ms - pcm.startMs) * SAMPLE_RATE) / 1_000);
  return Math.min(pcm.samples.length, Math.max(0, sample));
}

/** Amplitude of the tone `hz` between two times, 0 to 1; give 50 ms or more for 20 Hz of selectivity. */
export function toneLevel(pcm: Pcm, fromMs: number, toMs: number, hz: number): number {
  return amplitudeAt(pcm.samples, sampleAt(pcm, fromMs), sampleAt(pcm, toMs), hz);
}

/** Effective (RMS) level of everything between two times, 0 to 1. */
export function loudness(pcm: Pcm, fromMs: number, toMs: number): number {
  const from = sampleAt(pcm, fromMs);
  const to = sampleAt(pcm, toMs);
  let sum = 0;
  for (let index = from; index < to; index++) sum += ((pcm.samples[index] ?? 0) / 32_768) ** 2;
  return to > from ? Math.sqrt(sum / (to - from)) : 0;
}

/** The strongest tone from 60 to 8,000 Hz between two times, within 2 Hz; `null` when all are weaker than 0.005. */
export function dominantTone(pcm: Pcm, fromMs: number, toMs: number): { hz: number; level: number } | null {
  const from = sampleAt(pcm, fromMs);
  // 85 ms are enough to find it; more would only cost time.
  const to = Math.min(sampleAt(pcm, toMs), from + 4_096);
  let best = { hz: 0, level: 0 };
  const search = (low: number, high: number, step: number): void => {
    for (let hz = low; hz <= high; hz += step) {
      const level = amplitudeAt(pcm.samples, from, to, hz);
      if (level > best.level) best = { hz, level };
    }
  };
  search(60, 8_000, 10);
  search(best.hz - 10, best.hz + 10, 1);
  return best.level < 0.005 ? null : best;
}

/** Times at which a beep of this pitch begins after at least 200 ms without it; precise to about 2 ms. */
export function beepOnsets(pcm: Pcm, hz: number): number[] {
  const window = SAMPLE_RATE / 100;
  const hop = SAMPLE_RATE / 1_000;
  const levels: number[] = [];
  for (let from = 0; from + window <= pcm.samples.length; from += hop) {
    levels.push(amplitudeAt(pcm.samples, from, from + window, hz));
  }
  const loudest = levels.reduce((most, level) => Math.max(most, level), 0);
  if (loudest < 0.02) return [];
  const onsets: number[] = [];
  let quietSince = 0;
  for (const [index, level] of levels.entries()) {
    if (level < loudest / 2) continue;
    // The level passes the half when the middle of the window stands on the beginning.
    const atMs = pcm.startMs + index + 5;
    if (index - quietSince >= 200) onsets.push(atMs);
    quietSince = index;
  }
  return onsets;
}
