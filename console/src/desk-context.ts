/** What an action of the operator needs to know when it is asked for, and how it is sent. */
import type { Action, ActionQueue } from './action-queue.js';
import { type Readiness, readinessOf } from './readiness.js';
import { loadScenes, type StudioView } from './use-studio.js';
import type { Scene, Studio } from './wire.js';

export interface DeskContext {
  view: StudioView;
  queue: ActionQueue;
  /** Says in a notice why the action `label` cannot be. */
  refuse: (label: string, why: string) => void;
}

type Ready = Extract<Readiness, { isReady: true }>;

/**
 * Adds an action that needs both scenes on. It keeps the ids of the moment in which it was asked for, for it may have
 * to wait.
 */
export function whenReady(
  { view, queue, refuse }: DeskContext,
  action: Pick<Action, 'label' | 'kind'>,
  run: (ready: Ready) => Promise<void>,
): void {
  const ready = readinessOf(view.studio, view.scenes);
  if (ready.isReady) queue.add({ ...action, studio: ready.studio, run: () => run(ready) });
  else refuse(action.label, ready.why);
}

/**
 * The preview as it is by now. Another client may have switched it off since; what is applied to it would change the
 * programme then. @throws Error when it is off
 */
export async function presentPreview(studio: Studio, pvw: Scene): Promise<Scene> {
  const { scenes } = await loadScenes(studio.id);
  const present = scenes.find(({ id, on }) => id === pvw.id && on);
  if (!present) throw new Error('the preview is off');
  return present;
}
