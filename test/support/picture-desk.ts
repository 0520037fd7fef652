/**
 * What tests of the picture have in common: a server, a folder whose files it can fetch, and one studio of 640x360 that is
 * worked by the official client. The owner must call close().
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CastdeckServer, startServer } from './castdeck-server.js';
import type { WireParams } from './clients.js';
import { type StaticServer, serveFolder } from './static-server.js';
import { Studio } from './studio.js';
import { waitFor } from './wait.js';

/** Enough for pictures that change at once to be sharp: tests look at colours and edges, not at the encoder. */
const TRANSCODE = JSON.stringify({ CasterTemplate: 'lp_ld', CustomParams: { video: { bitrate: 3000 } } });

/** One layer with the words of the wire. */
export interface DeskLayer {
  source: string;
  fill?: 'none' | 'fit' | 'cover';
  width?: number;
  height?: number;
  x?: number;
  y?: number;
  refer?: string;
}

export interface DeskComponent {
  type: 'text' | 'image' | 'caption';
  /** Keys of the JSON parameter of that type. */
  content: Record<string, unknown>;
  /** Keys of ComponentLayer. */
  layer?: Record<string, unknown>;
  /** Further parameters of AddCasterComponent. */
  more?: WireParams;
}

/** A test calls as fast as it can; how often one may is tested elsewhere. */
const SETTINGS = 'limits:\n  callsFactor: 100\n';

const CONTENT = { text: 'TextLayerContent', image: 'ImageLayerContent', caption: 'CaptionLayerContent' } as const;

export class PictureDesk {
  readonly server: CastdeckServer;
  readonly files: StaticServer;
  readonly studio: Studio;
  readonly #folder: string;
  #components = 0;

  private constructor(server: CastdeckServer, files: StaticServer, folder: string, studio: Studio) {
    this.server = server;
    this.files = files;
    this.#folder = folder;
    this.studio = studio;
  }

  /**
   * @param make writes the files that will be fetched
   * @param config further parameters of SetCasterConfig
   */
  static async open(make: (folder: string) => void | Promise<void>, config: WireParams = {}): Promise<PictureDesk> {
    const folder = mkdtempSync(join(tmpdir(), 'castdeck-pictures-'));
    const [served, dataDir] = [join(folder, 'served'), join(folder, 'data')];
    const open: { close(): Promise<void> }[] = [];
    try {
      mkdirSync(served);
      mkdirSync(dataDir);
      writeFileSync(join(dataDir, 'castdeck.yml'), SETTINGS);
      await make(served);
      const files = await serveFolder(served);
      open.push(files);
      const server = await startServer({ dataDir });
      open.push({ close: () => server.stop() });
      const studio = await Studio.create(server, { config: { TranscodeConfig: TRANSCODE, ...config } });
      return new PictureDesk(server, files, folder, studio);
    } catch (error) {
      for (const one of open.reverse()) await one.close();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.files.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Address of a file of the folder. */
  url(name: string): string {
    return `${this.files.url}/${name}`;
  }

  /** Adds a picture of the folder as a source. @returns ResourceId */
  async addImage(position: string, name: string): Promise<string> {
    return await this.studio.addSource(position, { ImageUrl: this.url(name) });
  }

  /** @returns LayoutId */
  async layout(layers: readonly DeskLayer[]): Promise<string> {
    const params: WireParams = { 'MixList.1': layers[0]?.source ?? 'RV01', 'AudioLayer.1.VolumeRate': 1 };
    for (const [index, layer] of layers.entries()) {
      const name = `VideoLayer.${index + 1}`;
      params[`BlendList.${index + 1}`] = layer.source;
      params[`${name}.FillMode`] = layer.fill ?? 'fit';
      params[`${name}.WidthNormalized`] = layer.width ?? (layer.fill === 'none' ? 0 : 1);
      params[`${name}.HeightNormalized`] = layer.height ?? (layer.fill === 'none' ? 0 : 1);
      params[`${name}.PositionNormalized.1`] = layer.x ?? 0;
      params[`${name}.PositionNormalized.2`] = layer.y ?? 0;
      params[`${name}.PositionRefer`] = layer.refer ?? 'topLeft';
    }
    return String((await this.studio.call('AddCasterLayout', params)).LayoutId);
  }

  /** @returns ComponentId */
  async component({ type, content, layer = {}, more = {} }: DeskComponent): Promise<string> {
    this.#components++;
    const answer = await this.studio.call('AddCasterComponent', {
      ComponentType: type,
      LocationId: `RC${String(this.#components).padStart(2, '0')}`,
      ComponentLayer: JSON.stringify(layer),
      [CONTENT[type]]: JSON.stringify(content),
      ...more,
    });
    return String(answer.ComponentId);
  }

  /** Puts a layout with components, from the bottom up, into a scene; the programme unless told. */
  async show(layoutId: string, components: readonly string[] = [], sceneId = this.studio.pgmScene): Promise<void> {
    const ids = Object.fromEntries(components.map((id, index) => [`ComponentId.${index + 1}`, id]));
    // Set leaves components out that are not sent; Update keeps them.
    await this.studio.call('SetCasterSceneConfig', { SceneId: sceneId, LayoutId: layoutId, ...ids });
  }

  /** CopyCasterSceneConfig from preview to programme. @returns performance.now() when it was answered */
  async take(more: WireParams = {}): Promise<number> {
    const { studio } = this;
    await studio.call('CopyCasterSceneConfig', {
      FromSceneId: studio.pvwScene,
      ToSceneId: studio.pgmScene,
      ...more,
    });
    return performance.now();
  }

  /** Resolves when the source has this status; 15 s at most. */
  async untilStatus(resourceId: string, status: string): Promise<void> {
    await waitFor(`status ${status}`, 15_000, async () => {
      const answer = await this.studio.call('DescribeCasterVideoResources');
      const list = (answer.VideoResources as { VideoResource: { ResourceId: string; SourceStatus: string }[] })
        .VideoResource;
      return list.find(({ ResourceId }) => ResourceId === resourceId)?.SourceStatus === status;
    });
  }
}
