/** Between rows and the studio of the domain. The store alone writes these rows, so JSON in them is trusted. */
import type { Insertable, Selectable } from 'kysely';
import type { Caster, Layout, Resource, Scene, Settings } from '../domain/caster.js';
import type { Component } from '../domain/component.js';
import type { CasterTable, ComponentTable, LayoutTable, ResourceTable, SceneTable } from './schema.js';

export interface CasterRows {
  caster: Selectable<CasterTable>;
  resources: Selectable<ResourceTable>[];
  layouts: Selectable<LayoutTable>[];
  components: Selectable<ComponentTable>[];
  scenes: Selectable<SceneTable>[];
}

export function casterRow(caster: Caster): Insertable<CasterTable> {
  return {
    id: caster.id,
    revision: caster.revision,
    status: caster.air ? 1 : 0,
    name: caster.settings.name,
    created_at: caster.createdAt,
    modified_at: caster.modifiedAt,
    resource_group_id: caster.resourceGroupId,
    client_token: caster.clientToken,
    tags: JSON.stringify(caster.tags),
    settings: JSON.stringify(caster.settings),
    air: caster.air ? JSON.stringify(caster.air) : null,
    channels: JSON.stringify(caster.channels),
    mix: JSON.stringify(caster.mix),
    sound: JSON.stringify(caster.sound),
  };
}

/** Studios of earlier versions have neither standby nor relays. */
export function settingsOfText(text: string): Settings {
  return { standby: null, relays: null, ...JSON.parse(text) };
}

export function resourceRow(casterId: string, resource: Resource): Insertable<ResourceTable> {
  return {
    id: resource.id,
    caster_id: casterId,
    position: resource.position,
    name: resource.name,
    input: JSON.stringify(resource.input),
    in_effect: resource.inEffect ? JSON.stringify(resource.inEffect) : null,
    delay_ms: resource.delayMs,
    given: JSON.stringify(resource.given),
  };
}

export function layoutRow(casterId: string, layout: Layout, ordinal: number): Insertable<LayoutTable> {
  const { id, video, audio } = layout;
  return { id, caster_id: casterId, ordinal, video: JSON.stringify(video), audio: JSON.stringify(audio) };
}

export function componentRow(casterId: string, component: Component, ordinal: number): Insertable<ComponentTable> {
  const { id, position, name, ...body } = component;
  return { id, caster_id: casterId, ordinal, position, name, body: JSON.stringify(body) };
}

function componentOfRow({ id, position, name, body }: Selectable<ComponentTable>): Component {
  return { ...JSON.parse(body), id, position, name };
}

export function sceneRow(casterId: string, scene: Scene): Insertable<SceneTable> {
  return {
    id: scene.id,
    caster_id: casterId,
    kind: scene.kind,
    status: scene.on ? 1 : 0,
    layout_id: scene.layoutId,
    video: JSON.stringify(scene.video),
    audio: JSON.stringify(scene.audio),
    overlays: JSON.stringify(scene.overlays),
    follow: scene.follow ? 1 : 0,
    stream: scene.stream,
  };
}

function sceneOfRow(row: Selectable<SceneTable>): Scene {
  return {
    id: row.id,
    kind: row.kind,
    on: row.status === 1,
    layoutId: row.layout_id,
    video: JSON.parse(row.video),
    audio: JSON.parse(row.audio),
    overlays: JSON.parse(row.overlays),
    follow: row.follow === 1,
    stream: row.stream,
  };
}

export function casterOfRows({ caster, resources, layouts, components, scenes }: CasterRows): Caster {
  return {
    id: caster.id,
    revision: caster.revision,
    createdAt: caster.created_at,
    modifiedAt: caster.modified_at,
    clientToken: caster.client_token,
    resourceGroupId: caster.resource_group_id,
    tags: JSON.parse(caster.tags),
    settings: settingsOfText(caster.settings),
    air: caster.air === null ? null : JSON.parse(caster.air),
    resources: resources.map((row) => ({
      id: row.id,
      position: row.position,
      name: row.name,
      input: JSON.parse(row.input),
      inEffect: row.in_effect === null ? null : JSON.parse(row.in_effect),
      delayMs: row.delay_ms,
      given: JSON.parse(row.given),
    })),
    channels: JSON.parse(caster.channels),
    mix: { standby: { on: false, serial: 0 }, ...JSON.parse(caster.mix) },
    sound: JSON.parse(caster.sound),
    layouts: layouts.map((row) => ({ id: row.id, video: JSON.parse(row.video), audio: JSON.parse(row.audio) })),
    components: components.map(componentOfRow),
    scenes: scenes.map(sceneOfRow),
  };
}
