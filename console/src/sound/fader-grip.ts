/**
 * A pointer's hold of a fader, from press to release. Whoever was told that the fader is held is told once that it is not
 * any more, even when the fader belongs to another mix by then. Places are shares of the fader's way, 0 to 1.
 */

/** Of a pointer event: its y in CSS pixels, downwards. */
export interface GripPoint {
  id: number;
  y: number;
  /** Moves the fader {@link FINE} times as fine. */
  isFine: boolean;
}

const FINE = 5;

export class FaderGrip {
  /** Where pointer and fader were when they met. */
  #held: { from: GripPoint; place: number; onHold: (isHeld: boolean) => void } | null = null;

  take(from: GripPoint, place: number, onHold: (isHeld: boolean) => void): void {
    this.letGo();
    this.#held = { from, place, onHold };
    onHold(true);
  }

  /** @param way length of the fader, CSS pixels @returns its place now, or null when this pointer does not hold it */
  move(point: GripPoint, way: number): number | null {
    const held = this.#held;
    if (!held || held.from.id !== point.id || way <= 0) return null;
    const { from, place } = held;
    const now = place + (from.y - point.y) / way / (from.isFine ? FINE : 1);
    if (from.isFine !== point.isFine) this.#held = { ...held, from: point, place: now };
    return Math.min(1, Math.max(0, now));
  }

  letGo(): void {
    const held = this.#held;
    this.#held = null;
    held?.onHold(false);
  }
}
