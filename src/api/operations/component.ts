/** Components of a studio: texts, pictures and captions to lay over a scene. */
import { randomUUID } from 'node:crypto';
import type { Caster } from '../../domain/caster.js';
import {
  addComponent,
  type Component,
  componentOf,
  type GivenContent,
  removeComponent,
  replaceComponent,
} from '../../domain/component.js';
import type { OverlaySpec, Position } from '../../domain/desired.js';
import { parseHttp } from '../../domain/source-url.js';
import { changeCaster, requireCaster } from '../change.js';
import {
  type ContentCall,
  captionOf,
  componentLayer,
  contentParameters,
  contentView,
  imageOf,
  layerOf,
  textOf,
} from '../component-content.js';
import type { Answer } from '../encode.js';
import { fault, invalid, missing } from '../errors.js';
import { casterId, type Operation, operation, someId } from '../operation.js';
import { choice, decimal, optional, required, text, withDefault } from '../params.js';
import type { Services } from '../services.js';
import { surroundingsOf } from '../surroundings.js';

const EFFECTS: Record<'none' | 'animateH' | 'animateV', OverlaySpec['effect']> = {
  none: 'none',
  animateH: 'crawlH',
  animateV: 'crawlV',
};
const WIRE_EFFECTS = { none: 'none', crawlH: 'animateH', crawlV: 'animateV' } as const;

type Kind = GivenContent['kind'];
const KINDS: readonly Kind[] = ['text', 'image', 'caption'];
const type = choice([...KINDS, 'html'], KINDS);
const CONTENTS = {
  text: 'TextLayerContent',
  image: 'ImageLayerContent',
  caption: 'CaptionLayerContent',
} as const satisfies Record<Kind, keyof ContentCall>;

const effect = choice(['none', 'animateH', 'animateV']);
/** Our extension: shares of the frame a second. */
const crawlSpeed = decimal({ min: 0.01, max: 2 });
const name = text({ max: 255 });
const location = text({
  max: 4,
  pattern: /^R[CV](0[1-9]|[1-9][0-9])$/,
  expects: 'a position from RC01 to RC99 (or, for captions, that of a source, RV01 to RV99)',
});
const html = optional(text({ max: 4096 }));

/** @throws ApiError UnsupportedOperation for web pages */
function kindOf(kind: Kind | 'html', call: { HtmlLayerContent?: string | undefined }): Kind {
  if (kind === 'html' || call.HtmlLayerContent !== undefined) {
    throw fault('UnsupportedOperation', 'Web pages as components are not supported; text, image and caption are.');
  }
  return kind;
}

/** The content that belongs to `kind`, laid over `old`. @throws ApiError or Refused */
function contentOf(
  kind: Kind,
  call: ContentCall,
  context: { old: GivenContent | null; source: Position | undefined; services: Services; caster: Caster },
): GivenContent {
  const stray = Object.entries(CONTENTS).find(([other, key]) => other !== kind && call[key] !== undefined);
  if (stray) {
    throw fault('InvalidParameter.Malformed', `${stray[1]} does not belong to a component of the type ${kind}.`);
  }
  const { old, source } = context;
  const url = (given: string): string =>
    parseHttp(
      given,
      'ImageLayerContent.ImageUrl',
      'InvalidParameter.Malformed',
      surroundingsOf(context.services, context.caster),
    );
  if (kind === 'text' && call.TextLayerContent) return textOf(call.TextLayerContent, old);
  if (kind === 'image' && call.ImageLayerContent) return imageOf(call.ImageLayerContent, old, url);
  if (kind === 'caption' && call.CaptionLayerContent) return captionOf(call.CaptionLayerContent, old, source);
  if (old?.kind === kind) return old;
  throw missing(CONTENTS[kind]);
}

const addCasterComponent = operation({
  name: 'AddCasterComponent',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    ComponentLayer: required(componentLayer),
    ComponentName: optional(name),
    ComponentType: required(type),
    CrawlSpeed: withDefault(crawlSpeed, 0.1),
    Effect: withDefault(effect, 'none'),
    HtmlLayerContent: html,
    LayerOrder: withDefault(choice(['cover', 'background']), 'cover'),
    LocationId: required(location),
    ...contentParameters,
  },
  async handle(call, services) {
    const kind = kindOf(call.ComponentType, call);
    const isSource = call.LocationId.startsWith('RV');
    if (isSource && kind !== 'caption') throw invalid('LocationId', 'a position from RC01 to RC99');
    const id = randomUUID();
    await changeCaster(services, call.CasterId, (caster) => {
      const source = isSource ? call.LocationId : undefined;
      const content = contentOf(kind, call, { old: null, source, services, caster });
      if (isSource && content.kind === 'caption' && content.source !== call.LocationId) {
        throw fault('InvalidParameter.Malformed', 'LocationId and CaptionLayerContent.LocationId name two sources.');
      }
      const component: Component = {
        id,
        position: call.LocationId,
        name: call.ComponentName ?? id,
        order: call.LayerOrder,
        effect: EFFECTS[call.Effect],
        crawlSpeed: call.CrawlSpeed,
        layer: layerOf(call.ComponentLayer),
        content,
      };
      return addComponent(caster, component, services.config.limits.components);
    });
    return { ComponentId: id };
  },
});

/** What is not sent stays, down to the keys of the JSON parameters. Another type needs its content. */
const modifyCasterComponent = operation({
  name: 'ModifyCasterComponent',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    ComponentId: required(someId),
    ComponentLayer: optional(componentLayer),
    ComponentName: optional(name),
    ComponentType: optional(type),
    CrawlSpeed: optional(crawlSpeed),
    Effect: optional(effect),
    HtmlLayerContent: html,
    ...contentParameters,
  },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => {
      const old = componentOf(caster, call.ComponentId);
      const kind = kindOf(call.ComponentType ?? old.content.kind, call);
      const source = old.position.startsWith('RV') ? old.position : undefined;
      if (source !== undefined && kind !== 'caption') {
        throw fault('InvalidParameter.Malformed', `At the position ${source} of a source there are captions only.`);
      }
      const content = contentOf(kind, call, { old: old.content, source: undefined, services, caster });
      if (source !== undefined && content.kind === 'caption' && content.source !== source) {
        throw fault('InvalidParameter.Malformed', `The caption stands at ${source} and cannot name another source.`);
      }
      return replaceComponent(caster, {
        ...old,
        name: call.ComponentName ?? old.name,
        effect: call.Effect === undefined ? old.effect : EFFECTS[call.Effect],
        crawlSpeed: call.CrawlSpeed ?? old.crawlSpeed,
        layer: call.ComponentLayer ? layerOf(call.ComponentLayer, old.layer) : old.layer,
        content,
      });
    });
    return { ComponentId: call.ComponentId };
  },
});

const deleteCasterComponent = operation({
  name: 'DeleteCasterComponent',
  qpsLimit: 10,
  parameters: { CasterId: casterId, ComponentId: required(someId) },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => removeComponent(caster, call.ComponentId));
    return { CasterId: call.CasterId, ComponentId: call.ComponentId };
  },
});

function componentView(component: Component): Answer {
  const { layer } = component;
  return {
    ComponentId: component.id,
    ComponentName: component.name,
    ComponentType: component.content.kind,
    LocationId: component.position,
    Effect: WIRE_EFFECTS[component.effect],
    LayerOrder: component.order,
    CrawlSpeed: component.crawlSpeed,
    ComponentLayer: {
      HeightNormalized: layer.height,
      WidthNormalized: layer.width,
      PositionNormalizeds: { Position: [layer.x, layer.y] },
      PositionRefer: layer.refer,
      Transparency: layer.transparency,
    },
    ...contentView(component),
  };
}

const describeCasterComponents = operation({
  name: 'DescribeCasterComponents',
  qpsLimit: 15,
  parameters: { CasterId: casterId, ComponentId: optional(someId) },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const components = caster.components.filter(({ id }) => call.ComponentId === undefined || id === call.ComponentId);
    return { Total: components.length, Components: { Component: components.map(componentView) } };
  },
});

export const COMPONENT_OPERATIONS: readonly Operation[] = [
  addCasterComponent,
  modifyCasterComponent,
  deleteCasterComponent,
  describeCasterComponents,
];
