/** The mixes of both scenes and the settings of the sound, for as long as the desk is open. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { call, inWords } from '../api.js';
import { usePolling } from '../use-polling.js';
import type { Scene, Studio } from '../wire.js';
import { tabMemory } from './layer-memory.js';
import { LevelsSocket, levelsUrl, openBrowserSocket } from './levels-socket.js';
import { MeterBoard } from './meter-board.js';
import { writeMixChange } from './mix-change.js';
import { MixHand } from './mix-hand.js';
import { SettingsHand } from './settings-hand.js';
import { readSceneMix, readSettings } from './sound-wire.js';

/** Other hands are seen this often, ms. */
const SOUND_MS = 1_000;

export interface SoundHands {
  pvw: MixHand;
  pgm: MixHand;
  settings: SettingsHand;
}

interface UseSoundOptions {
  studio: Studio | undefined;
  scenes: readonly Scene[];
  /** What went wrong with an action, and which. */
  onError: (label: string, error: unknown) => void;
}

function handOf(CasterId: string, SceneId: string, onError: (error: unknown) => void): MixHand {
  return new MixHand({
    send: async (change) => {
      for (const params of writeMixChange(change))
        await call('UpdateCasterSceneAudio', { CasterId, SceneId, ...params });
    },
    onError,
    memory: tabMemory(SceneId),
  });
}

/** @returns hands: null while the scenes are not known; contact: why what is shown may be old, or empty */
export function useSound({ studio, scenes, onError }: UseSoundOptions): { hands: SoundHands | null; contact: string } {
  const [contact, setContact] = useState('');
  const latest = useRef(onError);
  latest.current = onError;
  const casterId = studio?.id;
  const [pvwId, pgmId] = (['pvw', 'pgm'] as const).map((kind) => scenes.find((scene) => scene.kind === kind)?.id);
  const hands = useMemo((): SoundHands | null => {
    if (!casterId || !pvwId || !pgmId) return null;
    return {
      pvw: handOf(casterId, pvwId, (error) => latest.current('Sound of the preview', error)),
      pgm: handOf(casterId, pgmId, (error) => latest.current('Sound of the programme', error)),
      settings: new SettingsHand({
        send: async (params) => {
          await call('SetCasterSound', { CasterId: casterId, ...params });
        },
        onError: (error) => latest.current('Sound settings', error),
      }),
    };
  }, [casterId, pvwId, pgmId]);

  usePolling(
    hands && casterId ? [casterId, pvwId, pgmId].join(' ') : null,
    SOUND_MS,
    async (key) => {
      const [CasterId = '', pvw = '', pgm = ''] = key.split(' ');
      const tickets = hands && { pvw: hands.pvw.ask(), pgm: hands.pgm.ask(), settings: hands.settings.ask() };
      const [next, onAir, settings] = await Promise.all([
        call('DescribeCasterSceneAudio', { CasterId, SceneId: pvw }),
        call('DescribeCasterSceneAudio', { CasterId, SceneId: pgm }),
        call('DescribeCasterSound', { CasterId }),
      ]);
      return { hands, tickets, next, onAir, settings };
    },
    ({ hands: asked, tickets, next, onAir, settings }) => {
      setContact('');
      if (!asked || !tickets) return;
      asked.pvw.answered(tickets.pvw, readSceneMix(next));
      asked.pgm.answered(tickets.pgm, readSceneMix(onAir));
      asked.settings.answered(tickets.settings, readSettings(settings));
    },
    (error) => setContact(inWords(error)),
  );
  return { hands, contact };
}

/** Levels of a studio while it runs. @param casterId null while there are none */
export function useLevels(casterId: string | null): { board: MeterBoard; hasLevels: boolean } {
  const [board] = useState(() => new MeterBoard());
  const [hasLevels, setLevels] = useState(false);
  useEffect(() => {
    if (casterId === null) return;
    const socket = new LevelsSocket(casterId, openBrowserSocket(levelsUrl(location, casterId)), {
      onLevels: (levels) => board.read(levels),
      onOpen: (isOpen) => {
        if (!isOpen) board.clear();
      },
    });
    // Readings may stop while the socket stays open; what is drawn says so.
    let isKnown = false;
    const remove = board.add({
      read: () => {},
      draw: (levels) => {
        if (isKnown === (levels !== null)) return;
        isKnown = !isKnown;
        setLevels(isKnown);
      },
    });
    const leave = (): void => socket.stop();
    addEventListener('pagehide', leave);
    socket.start();
    return () => {
      removeEventListener('pagehide', leave);
      remove();
      socket.stop();
      board.clear();
      setLevels(false);
    };
  }, [casterId, board]);
  return { board, hasLevels };
}
