/** Everything the desk shows of one studio, kept up to date by asking; the limits of the API leave ample room. */
import { useCallback, useEffect, useState } from 'react';
import { call, inWords, needsSignIn } from './api.js';
import { usePolling } from './use-polling.js';
import {
  type Layout,
  type OutputUrl,
  readAspect,
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
  studios: readonly Studio[] | null;
  studio: Studio | undefined;
  scenes: readonly Scene[];
  layouts: readonly Layout[];
  sources: readonly Source[];
  outputs: readonly OutputUrl[];
  aspect: number;
  /** Why what is shown may be old; empty when all is well. */
  contact: string;
  /** Asks for the scenes now; resolves when they have been shown. */
  refreshScenes: () => Promise<void>;
  /** Asks for everything now. */
  refresh: () => Promise<void>;
}

interface Contents {
  layouts: Layout[];
  sources: Source[];
  outputs: OutputUrl[];
  aspect: number;
}

const NOTHING: Contents = { layouts: [], sources: [], outputs: [], aspect: 16 / 9 };
const SCENES_MS = 1_000;
const STUDIOS_MS = 2_000;
const CONTENTS_MS = 1_500;

async function loadContents(CasterId: string): Promise<Contents> {
  const params = { CasterId };
  const [layouts, sources, outputs, config] = await Promise.all([
    call('DescribeCasterLayouts', params),
    call('DescribeCasterVideoResources', params),
    // An idle studio that never ran has no addresses; that is no trouble.
    call('DescribeCasterStreamUrl', params).catch((error: unknown) => {
      if (needsSignIn(error)) throw error;
      return null;
    }),
    call('DescribeCasterConfig', params),
  ]);
  return {
    layouts: readLayouts(layouts),
    sources: readSources(sources),
    outputs: readOutputs(outputs),
    aspect: readAspect(config),
  };
}

/**
 * @param chosen id of the studio the operator picked; null for the first one
 * @param onSignedOut called when the session is over
 */
export function useStudio(chosen: string | null, onSignedOut: (why: string) => void): StudioView {
  const [studios, setStudios] = useState<readonly Studio[] | null>(null);
  const [scenes, setScenes] = useState<readonly Scene[]>([]);
  const [contents, setContents] = useState<Contents>(NOTHING);
  const [troubles, setTroubles] = useState<Record<string, string>>({});

  const report = (what: string, error: unknown): void => {
    if (needsSignIn(error)) onSignedOut('Your session is over. Sign in again.');
    else setTroubles((old) => ({ ...old, [what]: error === null ? '' : `${what}: ${inWords(error)}` }));
  };

  const askStudios = usePolling(
    'all',
    STUDIOS_MS,
    () => call('DescribeCasters', { PageSize: '100', OrderByModifyAsc: 'true' }).then(readStudios),
    (value) => {
      setStudios(value);
      report('Studios', null);
    },
    (error) => report('Studios', error),
  );
  const studio = studios?.find((one) => one.id === chosen) ?? studios?.find((one) => one.running) ?? studios?.[0];
  const id = studio?.id ?? null;

  const askScenes = usePolling(
    id,
    SCENES_MS,
    (CasterId) => call('DescribeCasterScenes', { CasterId }).then(readScenes),
    (value) => {
      setScenes(value);
      report('Scenes', null);
    },
    (error) => report('Scenes', error),
  );
  const askContents = usePolling(
    id,
    CONTENTS_MS,
    loadContents,
    (value) => {
      setContents(value);
      report('Studio contents', null);
    },
    (error) => report('Studio contents', error),
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another studio's scenes must not be shown for a moment
  useEffect(() => {
    setScenes([]);
    setContents(NOTHING);
    setTroubles({});
  }, [id]);

  const refresh = useCallback(async () => {
    await Promise.all([askStudios(), askScenes(), askContents()]);
  }, [askStudios, askScenes, askContents]);

  const words = [...new Set(Object.values(troubles).filter(Boolean))];
  const contact = words.length > 0 ? `What you see may be old. ${words.join(' ')}` : '';
  return { studios, studio, scenes, ...contents, contact, refreshScenes: askScenes, refresh };
}
