/** Everything the desk shows of one studio, kept up to date by asking; the limits of the API leave ample room. */
import { useCallback, useState } from 'react';
import { call, inWords, lacksDomain, needsSignIn } from './api.js';
import { type Component, type Mix, NO_MIX, readComponents, readMix } from './mix-wire.js';
import { inOrder, NO_PIN, nextPin, type Pin } from './pinned-studio.js';
import { usePolling } from './use-polling.js';
import {
  type Layout,
  type OutputUrl,
  readAspect,
  readChannels,
  readHasChannels,
  readLayouts,
  readOutputs,
  readScenes,
  readSources,
  readStudios,
  type Scene,
  type Source,
  type Studio,
} from './wire.js';

export interface StudioView {
  /** In the order of the picker; null until they are known. */
  studios: readonly Studio[] | null;
  /** The one that is shown; it stays until {@link choose}. */
  studio: Studio | undefined;
  /** Shows another studio. */
  choose: (studio: Studio) => void;
  /** Name of the studio that was shown and then deleted; empty otherwise. */
  gone: string;
  scenes: readonly Scene[];
  mix: Mix;
  /** True when the studio still needs a domain before it can start. */
  needsDomain: boolean;
  layouts: readonly Layout[];
  sources: readonly Source[];
  components: readonly Component[];
  /** True when layouts name channels; files can be paused and moved by hand then. */
  hasChannels: boolean;
  outputs: readonly OutputUrl[];
  aspect: number;
  /** Why what is shown may be old; empty when all is well. */
  contact: string;
  /** Asks for scenes and mix now; resolves when they have been shown. */
  refreshScenes: () => Promise<void>;
  /** Asks for everything now. */
  refresh: () => Promise<void>;
}

interface Scenes {
  scenes: readonly Scene[];
  needsDomain: boolean;
}

interface Stage extends Scenes {
  mix: Mix;
}

interface Contents {
  layouts: readonly Layout[];
  sources: readonly Source[];
  components: readonly Component[];
  hasChannels: boolean;
  outputs: readonly OutputUrl[];
  aspect: number;
}

/** An answer together with the studio that it is about, so that none is ever shown for another one. */
interface About<T> {
  id: string;
  value: T;
}

const NO_STAGE: Stage = { scenes: [], needsDomain: false, mix: NO_MIX };
const NOTHING: Contents = {
  layouts: [],
  sources: [],
  components: [],
  hasChannels: false,
  outputs: [],
  aspect: 16 / 9,
};
const SCENES_MS = 1_000;
const STUDIOS_MS = 2_000;
const CONTENTS_MS = 1_500;

/**
 * The studios in the order of the picker. One page holds a hundred of them, the longest unchanged first; the one that is
 * shown is asked for by itself when it is on another page.
 */
async function loadStudios(shownId: string | null): Promise<Studio[]> {
  const studios = readStudios(await call('DescribeCasters', { PageSize: '100', OrderByModifyAsc: 'true' }));
  if (shownId !== null && !studios.some(({ id }) => id === shownId)) {
    studios.push(...readStudios(await call('DescribeCasters', { CasterId: shownId })));
  }
  return inOrder(studios);
}

/** The scenes as they are now. Without a domain a studio has none yet. @throws CallError */
export async function loadScenes(CasterId: string): Promise<Scenes> {
  try {
    return { scenes: readScenes(await call('DescribeCasterScenes', { CasterId })), needsDomain: false };
  } catch (error) {
    if (lacksDomain(error)) return { scenes: [], needsDomain: true };
    throw error;
  }
}

async function loadStage(CasterId: string): Promise<Stage> {
  const [scenes, mix] = await Promise.all([loadScenes(CasterId), call('DescribeCasterMix', { CasterId })]);
  return { ...scenes, mix: readMix(mix) };
}

async function loadContents(CasterId: string): Promise<Contents> {
  const params = { CasterId };
  const config = await call('DescribeCasterConfig', params);
  const hasChannels = readHasChannels(config);
  const [layouts, sources, channels, components, outputs] = await Promise.all([
    call('DescribeCasterLayouts', params),
    call('DescribeCasterVideoResources', params),
    hasChannels ? call('DescribeCasterChannels', params) : null,
    call('DescribeCasterComponents', params),
    // An idle studio that never ran has no addresses; that is no trouble.
    call('DescribeCasterStreamUrl', params).catch((error: unknown) => {
      if (needsSignIn(error)) throw error;
      return null;
    }),
  ]);
  return {
    layouts: readLayouts(layouts),
    sources: readSources(sources, hasChannels ? readChannels(channels) : null),
    components: readComponents(components),
    hasChannels,
    outputs: readOutputs(outputs),
    aspect: readAspect(config),
  };
}

/** @param onSignedOut called when the session is over */
export function useStudio(onSignedOut: (why: string) => void): StudioView {
  const [studios, setStudios] = useState<readonly Studio[] | null>(null);
  const [pin, setPin] = useState<Pin>(NO_PIN);
  const [stage, setStage] = useState<About<Stage> | null>(null);
  const [contents, setContents] = useState<About<Contents> | null>(null);
  const [troubles, setTroubles] = useState<{ id: string | null; byWhat: Record<string, string> }>({
    id: null,
    byWhat: {},
  });
  const id = pin.state === 'shown' ? pin.id : null;

  const report = (what: string, error: unknown): void => {
    if (needsSignIn(error)) onSignedOut('Your session is over. Sign in again.');
    else {
      const words = error === null ? '' : `${what}: ${inWords(error)}`;
      setTroubles((old) => ({ id, byWhat: { ...(old.id === id ? old.byWhat : {}), [what]: words } }));
    }
  };

  const askStudios = usePolling(
    'all',
    STUDIOS_MS,
    () => loadStudios(id),
    (value) => {
      setStudios(value);
      setPin((old) => nextPin(old, value));
      report('Studios', null);
    },
    (error) => report('Studios', error),
  );
  const askScenes = usePolling(
    id,
    SCENES_MS,
    async (CasterId) => ({ id: CasterId, value: await loadStage(CasterId) }),
    (answer) => {
      setStage(answer);
      report('Scenes', null);
    },
    (error) => report('Scenes', error),
  );
  const askContents = usePolling(
    id,
    CONTENTS_MS,
    async (CasterId) => ({ id: CasterId, value: await loadContents(CasterId) }),
    (answer) => {
      setContents(answer);
      report('Studio contents', null);
    },
    (error) => report('Studio contents', error),
  );

  const refresh = useCallback(async () => {
    await Promise.all([askStudios(), askScenes(), askContents()]);
  }, [askStudios, askScenes, askContents]);
  const choose = useCallback(({ id, name }: Studio) => setPin({ state: 'shown', id, name }), []);

  const words = troubles.id === id ? [...new Set(Object.values(troubles.byWhat).filter(Boolean))] : [];
  return {
    studios,
    studio: studios?.find((one) => one.id === id),
    choose,
    gone: pin.state === 'gone' ? pin.name : '',
    ...(stage?.id === id ? stage.value : NO_STAGE),
    ...(contents?.id === id ? contents.value : NOTHING),
    contact: words.length > 0 ? `What you see may be old. ${words.join(' ')}` : '',
    refreshScenes: askScenes,
    refresh,
  };
}
