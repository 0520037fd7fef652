/**
 * Entry of the painter's thread: one job after the other, in the order in which they come. It knows no overlays and keeps
 * nothing but fonts and the last few settings of lines.
 */
import { parentPort } from 'node:worker_threads';
import { type Sheet, sheetFromRgba } from '../video/sheet.js';
import type { LabelStyle, Part, TextMeasure, TextSetting } from './painter.js';
import { Typesetter } from './typesetter.js';

export type PaintJob =
  | { kind: 'measure'; setting: TextSetting }
  | { kind: 'paint'; setting: TextSetting; part: Part }
  | { kind: 'label'; text: string; style: LabelStyle }
  | { kind: 'sheet'; rgba: Uint8Array; width: number; height: number };

export interface PaintRequest {
  id: number;
  job: PaintJob;
}

/** `value` is a measure for `measure`, else a sheet. */
export type PaintAnswer =
  | { id: number; ok: true; value: Sheet | TextMeasure }
  | { id: number; ok: false; message: string };

const typesetter = new Typesetter();

function work(job: PaintJob): Sheet | TextMeasure {
  switch (job.kind) {
    case 'measure':
      return typesetter.measure(job.setting);
    case 'paint':
      return typesetter.paint(job.setting, job.part);
    case 'label':
      return typesetter.label(job.text, job.style);
    case 'sheet':
      return sheetFromRgba(job.rgba, job.width, job.height);
  }
}

/** The memory of a sheet goes over to the other thread without a copy. */
function memoryOf(value: Sheet | TextMeasure): ArrayBuffer[] {
  if (!('y' in value)) return [];
  const buffers: ArrayBuffer[] = [];
  for (const plane of [value.y, value.u, value.v]) {
    for (const part of Object.values(plane)) {
      if (ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer) buffers.push(part.buffer);
    }
  }
  return buffers;
}

parentPort?.on('message', ({ id, job }: PaintRequest) => {
  let answer: PaintAnswer;
  let memory: ArrayBuffer[] = [];
  try {
    const value = work(job);
    memory = memoryOf(value);
    answer = { id, ok: true, value };
  } catch (error) {
    answer = { id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer, memory);
});
