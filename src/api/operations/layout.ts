/** Layouts of a studio. */
import { randomUUID } from 'node:crypto';
import { addLayout, layoutOf, removeLayout, replaceLayout } from '../../domain/layout.js';
import { changeCaster, requireCaster } from '../change.js';
import { missing } from '../errors.js';
import { audioOf, audioParameters, videoOf, videoParameters } from '../layers.js';
import { casterId, type Operation, operation, someId } from '../operation.js';
import { optional, required } from '../params.js';
import { audioView, videoView } from '../view.js';

/** The one code that the reference has for both pairs of lists of a layout. */
const MISMATCH = 'InvalidVideoLayersAndBlendListSize.Mismatch';

const addCasterLayout = operation({
  name: 'AddCasterLayout',
  qpsLimit: 10,
  parameters: { CasterId: casterId, ...videoParameters, ...audioParameters },
  async handle(call, services) {
    const video = videoOf(call);
    if (!video) throw missing('VideoLayer');
    const audio = audioOf(call, MISMATCH);
    if (!audio) throw missing('AudioLayer');
    const id = randomUUID();
    await changeCaster(services, call.CasterId, (caster) =>
      addLayout(caster, { id, video, audio }, services.config.limits),
    );
    return { LayoutId: id };
  },
});

/** A pair of lists that is not sent stays as it is. */
const modifyCasterLayout = operation({
  name: 'ModifyCasterLayout',
  qpsLimit: 10,
  parameters: { CasterId: casterId, LayoutId: required(someId), ...videoParameters, ...audioParameters },
  async handle(call, services) {
    const video = videoOf(call);
    const audio = audioOf(call, MISMATCH);
    await changeCaster(services, call.CasterId, (caster) => {
      const old = layoutOf(caster, call.LayoutId);
      const layout = { id: old.id, video: video ?? old.video, audio: audio ?? old.audio };
      return replaceLayout(caster, layout, services.config.limits);
    });
    return { LayoutId: call.LayoutId };
  },
});

const deleteCasterLayout = operation({
  name: 'DeleteCasterLayout',
  qpsLimit: 10,
  parameters: { CasterId: casterId, LayoutId: required(someId) },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => removeLayout(caster, call.LayoutId));
    return { CasterId: call.CasterId, LayoutId: call.LayoutId };
  },
});

const describeCasterLayouts = operation({
  name: 'DescribeCasterLayouts',
  qpsLimit: 15,
  parameters: { CasterId: casterId, LayoutId: optional(someId) },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const layouts = caster.layouts.filter(({ id }) => call.LayoutId === undefined || id === call.LayoutId);
    return {
      Total: layouts.length,
      Layouts: {
        Layout: layouts.map((layout) => ({
          LayoutId: layout.id,
          ...videoView(layout.video),
          ...audioView(layout.audio),
        })),
      },
    };
  },
});

export const LAYOUT_OPERATIONS: readonly Operation[] = [
  addCasterLayout,
  modifyCasterLayout,
  deleteCasterLayout,
  describeCasterLayouts,
];
