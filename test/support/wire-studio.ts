/** A studio on air behind a {@link StudioApi}, worked by the current official client; every answer is held against its shape. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { DesiredState } from '../../src/domain/desired.js';
import { ANSWERS, misfits } from './answer-shapes.js';
import { ApiCallError, openApiClient, type WireAnswer, type WireParams } from './clients.js';
import type { StudioApi } from './studio-api.js';

export interface WireStudio {
  casterId: string;
  pvw: string;
  pgm: string;
  /** Ids of layouts that show RV01 and RV02 in full, with their sound. */
  layouts: { one: string; two: string };
  call(action: string, params?: WireParams): Promise<WireAnswer>;
  /** The code of the error that a call is answered with. */
  refusal(action: string, params?: WireParams): Promise<string>;
  /** `code: message` of that error. */
  complaint(action: string, params?: WireParams): Promise<string>;
  /** What the engine was told last. @throws Error when it does not run */
  desired(): DesiredState;
  /** The take from preview to programme. */
  take(more?: WireParams): Promise<WireAnswer>;
  /** Applies a layout to a scene. */
  show(sceneId: string, layoutId: string, more?: WireParams): Promise<WireAnswer>;
}

/**
 * Idle with test sources on RV01 and RV02 unless `start`; then its preview has layout two and its programme layout one.
 * @param config further parameters of SetCasterConfig
 */
export async function openWireStudio(
  api: StudioApi,
  { start = true, config = {} }: { start?: boolean; config?: WireParams } = {},
): Promise<WireStudio> {
  const client = openApiClient(api);
  let casterId = '';
  const call = async (action: string, params: WireParams = {}): Promise<WireAnswer> => {
    const answer = await client.call(action, casterId === '' ? params : { CasterId: casterId, ...params });
    expect(misfits(answer, ANSWERS[action] ?? 's', action)).toEqual([]);
    return answer;
  };
  casterId = String(
    (await call('CreateCaster', { NormType: 1, ChargeType: 'PostPaid', ClientToken: randomUUID() })).CasterId,
  );
  const usual = { DomainName: 'live.example.com', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' };
  await call('SetCasterConfig', { ...usual, ...config });
  const layouts = { one: '', two: '' };
  const positions = { one: 'RV01', two: 'RV02' } as const;
  for (const key of ['one', 'two'] as const) {
    const LocationId = positions[key];
    await call('AddCasterVideoResource', { LocationId, ResourceName: key, LiveStreamUrl: 'test://bars' });
    const layout = { 'VideoLayer.1.HeightNormalized': 1, 'BlendList.1': LocationId };
    const sound = { 'AudioLayer.1.VolumeRate': 1, 'MixList.1': LocationId };
    layouts[key] = String((await call('AddCasterLayout', { ...layout, ...sound })).LayoutId);
  }
  const refused = async (action: string, params?: WireParams): Promise<ApiCallError> => {
    try {
      await call(action, params);
    } catch (error) {
      if (error instanceof ApiCallError) return error;
      throw error;
    }
    throw new Error(`${action} was not refused`);
  };
  const studio: WireStudio = {
    casterId,
    pvw: '',
    pgm: '',
    layouts,
    call,
    refusal: async (action, params) => (await refused(action, params)).code,
    async complaint(action, params) {
      const { code, body } = await refused(action, params);
      return `${code}: ${body.Message}`;
    },
    desired() {
      const desired = api.runtime.running.get(casterId);
      if (!desired) throw new Error('the engine does not run');
      return desired;
    },
    take: (more = {}) => call('CopyCasterSceneConfig', { FromSceneId: studio.pvw, ToSceneId: studio.pgm, ...more }),
    show: (SceneId, LayoutId, more = {}) => call('SetCasterSceneConfig', { SceneId, LayoutId, ...more }),
  };
  if (!start) return studio;
  await call('StartCaster');
  const { SceneList } = await call('DescribeCasterScenes');
  const scenes = (SceneList as { Scene: { SceneId: string; OutputType: string }[] }).Scene;
  studio.pvw = scenes.find(({ OutputType }) => OutputType === '0')?.SceneId ?? '';
  studio.pgm = scenes.find(({ OutputType }) => OutputType === '1')?.SceneId ?? '';
  await studio.show(studio.pgm, layouts.one);
  await studio.show(studio.pvw, layouts.two);
  return studio;
}

/** The entries of a list in an answer: `listOf(answer, 'Components.Component')`. */
export function listOf(answer: WireAnswer, path: string): WireAnswer[] {
  const found = path.split('.').reduce<unknown>((value, name) => (value as WireAnswer)[name], answer);
  if (!Array.isArray(found)) throw new Error(`${path} is not a list`);
  return found as WireAnswer[];
}
