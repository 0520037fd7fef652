/** Layouts into preview, preview into programme, the studio on and off. */
import { call } from './api.js';
import { type DeskContext, presentPreview, whenReady } from './desk-context.js';
import { fullPictureOf, fullPictureParams } from './full-picture.js';
import type { Tile } from './mix-wire.js';
import type { Pace } from './pace.js';
import { mannerOf, type TransitionChoice } from './transition-choice.js';
import { type Layout, readLayouts, type Scene, type Studio } from './wire.js';

/** Time between two positions of the T-bar, ms: eight calls a second, where the API allows ten. */
export const TBAR_MS = 125;
/** Kind of the T-bar's actions: many, and not worth a word each. */
export const TBAR_KIND = 'tbar';

export function pick(context: DeskContext, layout: Layout, index: number): void {
  whenReady(context, { label: `Layout ${index + 1}`, kind: 'layout' }, async ({ studio, pvw }) => {
    await presentPreview(studio, pvw);
    await call('UpdateCasterSceneConfig', { CasterId: studio.id, SceneId: pvw.id, LayoutId: layout.id });
    await context.view.refreshScenes();
  });
}

/** Shows one source in full in preview; a layout for that is made when there is none. */
export function showSource(context: DeskContext, { place, name }: Tile): void {
  const label = `${name} to preview`;
  if (place === '') {
    context.refuse(label, 'the source is bound to no channel');
    return;
  }
  whenReady(context, { label, kind: 'layout' }, async ({ studio, pvw }) => {
    const CasterId = studio.id;
    await presentPreview(studio, pvw);
    // Asked for anew, so that two clicks do not make two layouts.
    const known = fullPictureOf(place, readLayouts(await call('DescribeCasterLayouts', { CasterId })));
    const made = known ? null : await call('AddCasterLayout', { CasterId, ...fullPictureParams(place) });
    const LayoutId = known?.id ?? String((made as { LayoutId?: unknown } | null)?.LayoutId);
    await call('UpdateCasterSceneConfig', { CasterId, SceneId: pvw.id, LayoutId });
    await (made ? context.view.refresh() : context.view.refreshScenes());
  });
}

export function cut(context: DeskContext): void {
  whenReady(context, { label: 'CUT', kind: 'cut' }, async ({ studio, pvw, pgm }) => {
    await call('CopyCasterSceneConfig', { CasterId: studio.id, FromSceneId: pvw.id, ToSceneId: pgm.id });
    await context.view.refreshScenes();
  });
}

/** @param onBegun called when the transition runs; the API answers no later than that */
export function auto(context: DeskContext, choice: TransitionChoice, onBegun: () => void): void {
  whenReady(context, { label: 'AUTO', kind: 'auto' }, async ({ studio, pvw, pgm }) => {
    await call('CopyCasterSceneConfig', {
      CasterId: studio.id,
      FromSceneId: pvw.id,
      ToSceneId: pgm.id,
      TransitionDuration: String(choice.durationMs),
      ...mannerOf(choice),
    });
    onBegun();
    await context.view.refreshScenes();
  });
}

/** Of positions that wait only the newest is sent: they are neighbours of one kind. */
export function moveTBar(context: DeskContext, choice: TransitionChoice, position: number, pace: Pace): void {
  whenReady(context, { label: 'T-bar', kind: TBAR_KIND }, async ({ studio, pvw, pgm }) => {
    await pace.turn();
    await call('CopyCasterSceneConfig', {
      CasterId: studio.id,
      FromSceneId: pvw.id,
      ToSceneId: pgm.id,
      TransitionPosition: String(position),
      // The engine glides until the next position may come.
      TransitionDuration: String(TBAR_MS),
      ...mannerOf(choice),
    });
    if (position <= 0 || position >= 1) await context.view.refreshScenes();
  });
}

export function fadeToBlack({ view, queue }: DeskContext, studio: Studio, isBlack: boolean): void {
  const run = async (): Promise<void> => {
    await call('SetCasterFadeToBlack', { CasterId: studio.id, Enable: String(isBlack) });
    await view.refreshScenes();
  };
  queue.add({ label: 'FTB', kind: 'ftb', studio, run });
}

/**
 * The standby on air, or the programme again. It waits for nothing: whoever asks for it has no time.
 * @throws CallError
 */
export async function standby(studio: Studio, pgm: Scene, isOn: boolean): Promise<void> {
  await call('EffectCasterUrgent', { CasterId: studio.id, SceneId: pgm.id, OnAir: String(isOn) });
}

export function startPreview({ view, queue }: DeskContext, studio: Studio, scene: Scene): void {
  const run = async (): Promise<void> => {
    await call('StartCasterScene', { CasterId: studio.id, SceneId: scene.id });
    await view.refreshScenes();
  };
  queue.add({ label: 'Switch preview on', kind: 'StartCasterScene', studio, run });
}

export function change({ view, queue }: DeskContext, action: 'StartCaster' | 'StopCaster', studio: Studio): void {
  const run = async (): Promise<void> => {
    await call(action, { CasterId: studio.id });
    await view.refresh();
  };
  queue.add({ label: action === 'StartCaster' ? 'Start' : 'Stop', kind: action, studio, run });
}
