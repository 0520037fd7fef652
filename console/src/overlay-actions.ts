/** What is done with components, and with files by hand. */
import { call } from './api.js';
import { type DeskContext, presentPreview, whenReady } from './desk-context.js';
import type { FileCommand } from './file-transport.js';
import type { Component } from './mix-wire.js';
import { componentParams, freePosition, type NewComponent } from './new-component.js';
import type { Source, Studio } from './wire.js';

/** Into the preview or out of it; layout and other components stay. */
export function previewComponent(context: DeskContext, component: Component, isIn: boolean): void {
  const action = { label: `${component.name} in preview`, kind: `preview ${component.id}` };
  whenReady(context, action, async ({ studio, pvw }) => {
    const { components, layoutId } = await presentPreview(studio, pvw);
    const scene = { CasterId: studio.id, SceneId: pvw.id };
    const others = components.filter((id) => id !== component.id);
    const ids = isIn ? [...others, component.id] : others;
    const listed = Object.fromEntries(ids.map((id, index) => [`ComponentId.${index + 1}`, id]));
    // A list that is empty means "as before" to an update.
    if (ids.length === 0) await call('DeleteCasterSceneConfig', { ...scene, Type: 'Component' });
    else if (layoutId) await call('UpdateCasterSceneConfig', { ...scene, LayoutId: layoutId, ...listed });
    else await call('SetCasterSceneConfig', { ...scene, ...listed });
    await context.view.refreshScenes();
  });
}

/** Over the programme, whatever is taken, or off again. */
export function keyComponent({ view, queue }: DeskContext, studio: Studio, component: Component, isOn: boolean): void {
  const run = async (): Promise<void> => {
    await call('SetCasterOverlay', { CasterId: studio.id, ComponentId: component.id, OnAir: String(isOn) });
    await view.refreshScenes();
  };
  queue.add({ label: `Key ${component.name}`, kind: `key ${component.id}`, studio, run });
}

/** Not by the queue: whoever fills in a form must not keep a take waiting. @throws Error when it cannot be made */
export async function addComponent({ view }: DeskContext, studio: Studio, made: NewComponent): Promise<void> {
  const position = freePosition(view.components);
  if (position === null) throw new Error('all positions for overlays are taken');
  const source = view.sources.find(({ place }) => place !== '')?.place ?? '';
  if (made.kind === 'caption' && source === '') throw new Error('captions belong to a source; this studio has none');
  await call('AddCasterComponent', { CasterId: studio.id, ...componentParams(made, position, source) });
  await view.refresh();
}

/** Deleting takes it off everywhere at once; so what viewers see is refused. */
export function deleteComponent(context: DeskContext, studio: Studio, component: Component): void {
  const { view, queue, refuse } = context;
  const label = `Delete ${component.name}`;
  const run = async (): Promise<void> => {
    await call('DeleteCasterComponent', { CasterId: studio.id, ComponentId: component.id });
    await view.refresh();
  };
  const isInProgramme = view.scenes.some(({ kind, components }) => kind === 'pgm' && components.includes(component.id));
  const isKeyed = view.mix.keys.includes(component.id);
  if (studio.running && (isInProgramme || isKeyed)) refuse(label, 'it is on air; take it off first');
  else queue.add({ label, kind: `delete ${component.id}`, studio, run });
}

/** Each line is an action of its own kind: none may replace another. */
let lines = 0;

export function sendCaption({ queue }: DeskContext, studio: Studio, component: Component, text: string): void {
  const run = async (): Promise<void> => {
    await call('SendCasterCaption', { CasterId: studio.id, ComponentId: component.id, Text: text });
  };
  queue.add({ label: 'Caption', kind: `caption ${++lines}`, studio, run });
}

/** Pauses, plays or moves the file that is bound to the source's channel. */
export function commandFile(
  { view, queue }: DeskContext,
  studio: Studio,
  { name, place }: Source,
  { paused, seekMs }: FileCommand,
): void {
  const run = async (): Promise<void> => {
    await call('SetCasterChannel', {
      CasterId: studio.id,
      ChannelId: place,
      ...(paused !== undefined && { PlayStatus: paused ? '0' : '1' }),
      ...(seekMs !== undefined && { SeekOffset: String(seekMs) }),
    });
    await view.refresh();
  };
  const what = seekMs !== undefined ? 'Seek' : paused ? 'Pause' : 'Play';
  queue.add({ label: `${what} ${name}`, kind: `${what} ${place}`, studio, run });
}
