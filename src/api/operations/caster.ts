/** Studios: making, listing and removing them. */
import { randomUUID } from 'node:crypto';
import { type Caster, newCaster, type Tag } from '../../domain/caster.js';
import { requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { fault } from '../errors.js';
import { casterId, type Operation, operation } from '../operation.js';
import { choice, integer, list, object, optional, required, text, time, withDefault } from '../params.js';
import { wireDuration, wireTime } from '../view.js';

/** Creations stand in one line, so that the limit holds and a token makes one studio. Not the id of a studio. */
const CREATION = '';
const MOST_TAGS = 20;

const name = text({ max: 255 });
const tags = list(object({ Key: required(text({ max: 128 })), Value: withDefault(text({ max: 128 }), '') }), MOST_TAGS);
const group = text({ max: 100 });

function tagsOf(given: { Key: string; Value: string }[]): Tag[] {
  return given.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

export const createCaster = operation({
  name: 'CreateCaster',
  qpsLimit: 10,
  parameters: {
    CasterName: optional(name),
    CasterTemplate: optional(text({ max: 64 })),
    ChargeType: required(text({ max: 64 })),
    ClientToken: required(
      text({ max: 64, pattern: /^[\x20-\x7e]+$/, expects: 'at most 64 printable ASCII characters' }),
    ),
    ExpireTime: optional(text({ max: 64 })),
    NormType: required(text({ max: 16 })),
    PurchaseTime: optional(text({ max: 64 })),
    ResourceGroupId: optional(group),
    Tag: tags,
  },
  async handle(call, services) {
    if (call.ChargeType !== 'PostPaid') {
      throw fault('InvalidChargeType.Malformed', 'ChargeType must be PostPaid; this server sells nothing in advance.');
    }
    if (['3', '4', '6'].includes(call.NormType)) {
      throw fault(
        'UnsupportedOperation',
        `Studios of kind ${call.NormType} are not supported yet; NormType 1, the general studio, is.`,
      );
    }
    if (call.NormType !== '1') throw fault('InvalidNormType.Malformed');
    if (call.CasterTemplate !== undefined || call.ExpireTime !== undefined || call.PurchaseTime !== undefined) {
      throw fault(
        'InvalidParameter.Malformed',
        'CasterTemplate, ExpireTime and PurchaseTime belong to prepaid studios; set the output size with SetCasterConfig.',
      );
    }
    const id = await services.line.run(CREATION, async () => {
      const earlier = await services.store.resultOfToken('CreateCaster', call.ClientToken);
      if (earlier !== null) return earlier;
      const most = services.config.limits.studios;
      if ((await services.store.count()) >= most) {
        throw fault('CasterNumberExceed', `This server is set up for ${most} studios; delete one first.`);
      }
      const made = randomUUID();
      const caster = newCaster({
        id: made,
        name: call.CasterName ?? made,
        now: services.clock.now(),
        clientToken: call.ClientToken,
        resourceGroupId: call.ResourceGroupId ?? '',
        tags: tagsOf(call.Tag),
      });
      await services.store.insert(caster, 'CreateCaster');
      return made;
    });
    return { CasterId: id };
  },
});

export const deleteCaster = operation({
  name: 'DeleteCaster',
  qpsLimit: 10,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    await services.line.run(call.CasterId, async () => {
      const caster = await requireCaster(services, call.CasterId);
      if (caster.air) throw fault('IncorrectCasterStatus.Inuse', 'The studio is on air; call StopCaster first.');
      await services.store.remove(caster.id);
      services.watchers.closeStudio(caster.id);
    });
    return { CasterId: call.CasterId };
  },
});

function casterView(caster: Caster, now: number): Answer {
  const { settings, air } = caster;
  return {
    CasterId: caster.id,
    CasterName: settings.name,
    Status: air ? 1 : 0,
    NormType: 1,
    ChargeType: 'PostPaid',
    ChannelEnable: settings.channels ? 1 : 0,
    CasterTemplate: settings.transcode?.template,
    CreateTime: wireTime(caster.createdAt),
    LastModified: wireTime(caster.modifiedAt),
    StartTime: air ? wireTime(air.since) : undefined,
    Duration: air ? wireDuration(now - air.since) : undefined,
    ClientTokenId: caster.clientToken,
    ResourceGroupId: caster.resourceGroupId === '' ? undefined : caster.resourceGroupId,
    Tags: { tag: caster.tags.map((tag) => ({ TagKey: tag.key, TagValue: tag.value })) },
  };
}

export const describeCasters = operation({
  name: 'DescribeCasters',
  qpsLimit: 15,
  parameters: {
    CasterId: optional(text({ max: 100 })),
    CasterName: optional(name),
    ChargeType: optional(integer({ min: 0, max: 1 })),
    EndTime: optional(time('InvalidEndTime.Malformed')),
    NormType: optional(choice(['1', '3', '4', '6'])),
    OrderByModifyAsc: optional(text({ max: 16 })),
    PageNum: withDefault(integer({ min: 1, max: 1_000_000, code: 'InvalidPageNum.Malformed' }), 1),
    PageSize: withDefault(integer({ min: 1, max: 100, code: 'InvalidPageSize.Malformed' }), 100),
    ResourceGroupId: optional(group),
    StartTime: optional(time('InvalidStartTime.Malformed')),
    Status: optional(integer({ min: 0, max: 1, code: 'InvalidStatus.Malformed' })),
    Tag: tags,
  },
  async handle(call, services) {
    const wanted = tagsOf(call.Tag);
    const matches = (caster: Caster): boolean =>
      (call.CasterId === undefined || caster.id === call.CasterId) &&
      (call.CasterName === undefined || caster.settings.name.includes(call.CasterName)) &&
      (call.ChargeType === undefined || call.ChargeType === 1) &&
      (call.NormType === undefined || call.NormType === '1') &&
      (call.Status === undefined || (caster.air ? 1 : 0) === call.Status) &&
      (call.StartTime === undefined || caster.createdAt >= call.StartTime) &&
      (call.EndTime === undefined || caster.createdAt <= call.EndTime) &&
      (call.ResourceGroupId === undefined || caster.resourceGroupId === call.ResourceGroupId) &&
      wanted.every(({ key, value }) =>
        caster.tags.some((tag) => tag.key === key && (value === '' || tag.value === value)),
      );
    const oldestFirst = call.OrderByModifyAsc === 'true';
    const found = (await services.store.list())
      .filter(matches)
      .sort((a, b) => (oldestFirst ? a.modifiedAt - b.modifiedAt : b.modifiedAt - a.modifiedAt));
    const from = (call.PageNum - 1) * call.PageSize;
    const now = services.clock.now();
    return {
      Total: found.length,
      CasterList: { Caster: found.slice(from, from + call.PageSize).map((caster) => casterView(caster, now)) },
    };
  },
});

export const CASTER_OPERATIONS: readonly Operation[] = [createCaster, deleteCaster, describeCasters];
