/** A studio to look at on the first start, made by the same operations that clients call. */
import { buildTree, type Entry } from './decode.js';
import type { Answer } from './encode.js';
import { operationNamed } from './registry.js';
import type { Services } from './services.js';

/** The same token each time, so that the demo is made once in the life of a data folder. */
const TOKEN = 'castdeck-demo-studio';

const FULL_CLOCK = {
  'VideoLayer.1.FillMode': 'fit',
  'VideoLayer.1.WidthNormalized': '1',
  'VideoLayer.1.HeightNormalized': '1',
  'BlendList.1': 'RV01',
  'AudioLayer.1.VolumeRate': '1',
  'MixList.1': 'RV01',
};
const FULL_BARS = { ...FULL_CLOCK, 'BlendList.1': 'RV02', 'MixList.1': 'RV02' };
/** Bars large, clock small in the lower right corner, the clock's beep at half its level over the tone. */
const PICTURE_IN_PICTURE = {
  ...FULL_BARS,
  'VideoLayer.2.FillMode': 'fit',
  'VideoLayer.2.WidthNormalized': '0.3',
  'VideoLayer.2.HeightNormalized': '0.3',
  'VideoLayer.2.PositionRefer': 'bottomRight',
  'VideoLayer.2.PositionNormalized.1': '0.04',
  'VideoLayer.2.PositionNormalized.2': '0.04',
  'BlendList.2': 'RV01',
  'AudioLayer.2.VolumeRate': '0.5',
  'MixList.2': 'RV01',
};
const SIDE_BY_SIDE = {
  ...FULL_CLOCK,
  'VideoLayer.1.WidthNormalized': '0.5',
  'VideoLayer.1.PositionRefer': 'leftCenter',
  'VideoLayer.2.FillMode': 'fit',
  'VideoLayer.2.WidthNormalized': '0.5',
  'VideoLayer.2.HeightNormalized': '1',
  'VideoLayer.2.PositionRefer': 'rightCenter',
  'BlendList.2': 'RV02',
};

async function call(services: Services, name: string, parameters: Record<string, string>): Promise<Answer> {
  const entries: Entry[] = Object.entries(parameters);
  return operationNamed(name).run(buildTree(entries), services);
}

/** The id of the first scene in an answer of StartCaster. */
function firstScene(answer: Answer, list: 'PvwSceneInfos' | 'PgmSceneInfos'): string {
  const { SceneInfo } = answer[list] as { SceneInfo: { SceneId: string }[] };
  return SceneInfo[0]?.SceneId ?? '';
}

/**
 * Makes and starts the studio "Demo" when the store has no studio and never had this one.
 * @returns its id, or `null` when nothing was made
 * @throws ApiError when it cannot be started; the idle studio stays, to be started or deleted by hand
 */
export async function createDemo(services: Services): Promise<string | null> {
  if ((await services.store.count()) > 0) return null;
  if ((await services.store.resultOfToken('CreateCaster', TOKEN)) !== null) return null;
  const created = await call(services, 'CreateCaster', {
    CasterName: 'Demo',
    NormType: '1',
    ChargeType: 'PostPaid',
    ClientToken: TOKEN,
  });
  const CasterId = String(created.CasterId);
  await call(services, 'SetCasterConfig', {
    CasterId,
    CasterName: 'Demo',
    DomainName: 'localhost',
    TranscodeConfig: '{"CasterTemplate":"lp_hd","LiveTemplate":["lld"]}',
  });
  const sources = [
    { LocationId: 'RV01', ResourceName: 'Clock', LiveStreamUrl: 'test://clock' },
    { LocationId: 'RV02', ResourceName: 'Bars', LiveStreamUrl: 'test://bars' },
  ];
  for (const source of sources) await call(services, 'AddCasterVideoResource', { CasterId, ...source });
  const layoutIds: string[] = [];
  for (const layout of [FULL_CLOCK, FULL_BARS, PICTURE_IN_PICTURE, SIDE_BY_SIDE]) {
    layoutIds.push(String((await call(services, 'AddCasterLayout', { CasterId, ...layout })).LayoutId));
  }
  const started = await call(services, 'StartCaster', { CasterId });
  const show = (SceneId: string, LayoutId: string | undefined): Promise<Answer> =>
    call(services, 'SetCasterSceneConfig', { CasterId, SceneId, LayoutId: LayoutId ?? '' });
  await show(firstScene(started, 'PgmSceneInfos'), layoutIds[0]);
  await show(firstScene(started, 'PvwSceneInfos'), layoutIds[2]);
  return CasterId;
}
