/** Whether layouts may be picked and taken, and in words why not. */
import type { Scene, Studio } from './wire.js';

export type Readiness =
  | { isReady: true; studio: Studio; pvw: Scene; pgm: Scene }
  /** `why` goes on after "TAKE: ". */
  | { isReady: false; why: string };

/**
 * While the preview is off the server brings what is picked for it straight to the programme, for programs that want
 * that; nobody at the desk does.
 */
export function readinessOf(studio: Studio | undefined, scenes: readonly Scene[]): Readiness {
  if (!studio) return { isReady: false, why: 'no studio is shown' };
  if (!studio.running) return { isReady: false, why: 'the studio is not running' };
  const pvw = scenes.find(({ kind }) => kind === 'pvw');
  const pgm = scenes.find(({ kind }) => kind === 'pgm');
  if (!pvw || !pgm) return { isReady: false, why: 'the scenes of the studio are not known yet' };
  if (!pvw.on) return { isReady: false, why: 'the preview is off' };
  return { isReady: true, studio, pvw, pgm };
}

/** What the desk says instead of a picture. */
export function idleWords(studio: Studio | undefined, gone: string): string {
  if (studio) return 'The studio is not running.';
  return gone ? `The studio ${gone} was deleted. Choose another one above.` : 'No studio.';
}
