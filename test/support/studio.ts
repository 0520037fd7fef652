/** A studio on the air by API calls alone, as a client program would put it there. */
import { randomUUID } from 'node:crypto';
import type { CastdeckServer } from './castdeck-server.js';
import { openApiClient, type WireAnswer, type WireClient, type WireParams } from './clients.js';

/** One layer of a layout: a box in shares of the frame, measured from its top left corner. */
export interface TestLayer {
  source: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}

export interface StudioUrls {
  flv: string;
  rtmp: string;
  hls: string;
  whep: string;
}

interface SceneInfo {
  SceneId: string;
  StreamUrl: string;
  RtsUrl: string;
  StreamInfos?: { StreamInfo: StreamInfo[] };
}

export interface StreamInfo {
  VideoFormat: string;
  TranscodeConfig: string;
  OutputStreamUrl: string;
}

function layerParams(layers: readonly TestLayer[], sound: readonly string[]): WireParams {
  const params: WireParams = {};
  for (const [index, layer] of layers.entries()) {
    const n = index + 1;
    params[`BlendList.${n}`] = layer.source;
    params[`VideoLayer.${n}.FillMode`] = 'fit';
    params[`VideoLayer.${n}.WidthNormalized`] = layer.width ?? 1;
    params[`VideoLayer.${n}.HeightNormalized`] = layer.height ?? 1;
    params[`VideoLayer.${n}.PositionNormalized.1`] = layer.x ?? 0;
    params[`VideoLayer.${n}.PositionNormalized.2`] = layer.y ?? 0;
  }
  for (const [index, source] of sound.entries()) {
    params[`MixList.${index + 1}`] = source;
    params[`AudioLayer.${index + 1}.VolumeRate`] = 1;
  }
  return params;
}

export class Studio {
  readonly client: WireClient;
  readonly casterId: string;
  #pvwScene = '';
  #pgmScene = '';
  #infos: StreamInfo[] = [];
  #monitors = { pvw: '', pgm: '' };
  #whep = { pvw: '', pgm: '' };

  private constructor(client: WireClient, casterId: string) {
    this.client = client;
    this.casterId = casterId;
  }

  /** CreateCaster and SetCasterConfig, with more of its parameters in `config`. Small pictures unless told otherwise. */
  static async create(
    server: CastdeckServer,
    options: { template?: string; renditions?: string[]; client?: WireClient; config?: WireParams } = {},
  ): Promise<Studio> {
    const client = options.client ?? openApiClient(server);
    const created = await client.call('CreateCaster', {
      NormType: 1,
      ChargeType: 'PostPaid',
      ClientToken: randomUUID(),
      CasterName: 'test',
    });
    const studio = new Studio(client, String(created.CasterId));
    await studio.call('SetCasterConfig', {
      DomainName: 'localhost',
      TranscodeConfig: JSON.stringify({
        CasterTemplate: options.template ?? 'lp_ld',
        LiveTemplate: options.renditions ?? [],
      }),
      ...options.config,
    });
    return studio;
  }

  call(action: string, params: WireParams = {}): Promise<WireAnswer> {
    return this.client.call(action, { CasterId: this.casterId, ...params });
  }

  /** @returns ResourceId */
  async addSource(position: string, params: WireParams): Promise<string> {
    const answer = await this.call('AddCasterVideoResource', {
      LocationId: position,
      ResourceName: position,
      ...params,
    });
    return String(answer.ResourceId);
  }

  /** @param sound positions that are heard; those of the layers unless told. Returns the LayoutId. */
  async addLayout(layers: readonly TestLayer[], sound = layers.map(({ source }) => source)): Promise<string> {
    const answer = await this.call('AddCasterLayout', layerParams(layers, sound));
    return String(answer.LayoutId);
  }

  /** StartCaster; remembers scenes and URLs. */
  async start(): Promise<WireAnswer> {
    const answer = await this.call('StartCaster');
    const pvw = (answer.PvwSceneInfos as { SceneInfo: SceneInfo[] }).SceneInfo[0];
    const pgm = (answer.PgmSceneInfos as { SceneInfo: SceneInfo[] }).SceneInfo[0];
    if (!pvw || !pgm) throw new Error('StartCaster named no scenes');
    this.#pvwScene = pvw.SceneId;
    this.#pgmScene = pgm.SceneId;
    this.#monitors = { pvw: pvw.StreamUrl, pgm: pgm.StreamUrl };
    this.#whep = { pvw: pvw.RtsUrl, pgm: pgm.RtsUrl };
    this.#infos = pgm.StreamInfos?.StreamInfo ?? [];
    return answer;
  }

  get pvwScene(): string {
    return this.#pvwScene;
  }

  get pgmScene(): string {
    return this.#pgmScene;
  }

  /** HTTP-FLV address of the preview. */
  get previewUrl(): string {
    return this.#monitors.pvw;
  }

  /** WHEP address of the preview. */
  get previewWhep(): string {
    return this.#whep.pvw;
  }

  get streamInfos(): readonly StreamInfo[] {
    return this.#infos;
  }

  /** Public addresses of the programme in full size, or of a rendition. */
  urls(transcode = 'original'): StudioUrls {
    const find = (format: string): string => {
      const info = this.#infos.find((each) => each.VideoFormat === format && each.TranscodeConfig === transcode);
      if (!info) throw new Error(`StartCaster named no ${format} address for ${transcode}`);
      return info.OutputStreamUrl;
    };
    return { flv: find('flv'), rtmp: find('rtmp'), hls: find('m3u8'), whep: this.#whep.pgm };
  }

  /** Replaces the preview. */
  async preview(layoutId: string): Promise<void> {
    await this.call('SetCasterSceneConfig', { SceneId: this.#pvwScene, LayoutId: layoutId });
  }

  /** The take. @returns performance.now() when the call was answered */
  async take(): Promise<number> {
    await this.call('CopyCasterSceneConfig', { FromSceneId: this.#pvwScene, ToSceneId: this.#pgmScene });
    return performance.now();
  }
}
