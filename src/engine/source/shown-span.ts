/** Source times (µs) of what is to be shown or heard, [from, to); what lies outside is decoded, because others refer to it. */
export interface ShownSpan {
  from: number;
  to: number;
}

export const EVERYTHING: ShownSpan = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

export function isShown(span: ShownSpan, time: number): boolean {
  return time >= span.from && time < span.to;
}
