/** The sound desk: a strip for every source, the programme's meters and switches. Folded away it asks for nothing. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { StudioView } from '../use-studio.js';
import { type DeskChoice, deskChoice, keepDeskChoice } from './desk-choice.js';
import { Master } from './master.js';
import type { MixView } from './mix-hand.js';
import { Press } from './press.js';
import { changeTrigger } from './settings-hand.js';
import { type Solos, SoloVoice, soloWords, useSolos } from './solo.js';
import { SettingsForm } from './sound-settings.js';
import { NO_LAYER, type SceneMix, type SoundSettings } from './sound-wire.js';
import { Strip } from './strip.js';
import { stripsOf } from './strip-list.js';
import { useLevels, useSound } from './use-sound.js';

interface SoundDeskProps {
  view: StudioView;
  onError: (label: string, error: unknown) => void;
  /** Whether a source is listened to instead of the programme. */
  onSolo: (isSolo: boolean) => void;
}

const NAMES = { pgm: 'Programme', pvw: 'Preview' } as const;
const UNKNOWN_MIX: MixView = {
  mix: null,
  stripOf: (place) => ({ isOn: false, isMuted: false, layer: { ...NO_LAYER, place } }),
};
const NO_LISTENER = (): (() => void) => () => {};

interface Store<T> {
  view: () => T;
  subscribe: (listener: () => void) => () => void;
}

function useStore<T>(store: Store<T> | undefined, none: T): T {
  return useSyncExternalStore(store?.subscribe ?? NO_LISTENER, store?.view ?? (() => none));
}

/** Whether a mix has a place, and not turned off. */
function hears(mix: SceneMix | null, place: string): boolean {
  return mix?.layers.some((layer) => layer.place === place && layer.gain > 0) ?? false;
}

interface OpenDeskProps extends SoundDeskProps {
  choice: DeskChoice;
  solos: Solos;
}

function OpenDesk({ view, choice, solos, onError, onSolo }: OpenDeskProps) {
  const { studio, scenes, sources } = view;
  const isRunning = studio?.running ?? false;
  const { hands, contact } = useSound({ studio, scenes, onError });
  const { board, hasLevels } = useLevels(isRunning && studio ? studio.id : null);
  const pgm = useStore(hands?.pgm, UNKNOWN_MIX);
  const pvw = useStore(hands?.pvw, UNKNOWN_MIX);
  const settings = useStore<SoundSettings | null>(hands?.settings, null);
  const isSceneOn = scenes.some(({ kind, on }) => kind === choice.scene && on);
  const edited = choice.scene === 'pgm' ? pgm : pvw;
  const hand = isRunning && isSceneOn && edited.mix ? (hands?.[choice.scene] ?? null) : null;
  const strips = stripsOf(sources, [pgm.mix, pvw.mix]);
  const listened = isRunning ? solos.places.filter((place) => settings?.listens.has(place)) : [];

  const isSolo = listened.length > 0;
  useEffect(() => {
    onSolo(isSolo);
    return () => onSolo(false);
  }, [isSolo, onSolo]);

  const soloOf = (place: string, name: string) => {
    if (!isRunning || !settings?.listens.has(place)) return null;
    const isOn = listened.includes(place);
    const state = solos.stateOf(place);
    const trouble = state?.isRefused ? 'The browser wants a click before it plays' : state?.reason;
    const title = (isOn && trouble) || `Listen to ${name} in this browser only; the programme stays as it is`;
    return { isOn, words: soloWords(isOn, state), title, onPress: () => solos.toggle(place) };
  };
  const talkOf = (place: string) => {
    if (!settings) return null;
    const { ducking } = settings;
    const isTrigger = ducking.triggers.includes(place);
    return {
      isOn: ducking.on && isTrigger,
      isKept: !ducking.on && isTrigger,
      onPress: () => hands?.settings.change(changeTrigger(ducking, place)),
    };
  };

  return (
    <>
      <div className="sound-body">
        <ul className={`strips ${choice.scene}`} aria-label={`Sounds of the ${NAMES[choice.scene].toLowerCase()}`}>
          {strips.map((entry) => (
            <Strip
              key={entry.source?.id ?? entry.place}
              entry={entry}
              state={edited.stripOf(entry.place)}
              hand={hand}
              board={board}
              isOnAir={isRunning && hears(pgm.mix, entry.place)}
              isNext={isRunning && hears(pvw.mix, entry.place) && scenes.some(({ kind, on }) => kind === 'pvw' && on)}
              hasSettings={choice.hasSettings}
              solo={soloOf(entry.place, entry.name)}
              talk={talkOf(entry.place)}
            />
          ))}
          {strips.length === 0 && <li className="empty">This studio has no sources that could be heard.</li>}
        </ul>
        <Master
          {...{ board, hasLevels, isRunning, settings }}
          follow={pgm.mix?.follow ?? null}
          hand={isRunning ? (hands?.pgm ?? null) : null}
          settingsHand={hands?.settings ?? null}
        />
      </div>
      {choice.hasSettings && <SettingsForm settings={settings} hand={hands?.settings ?? null} />}
      {contact && <p className="sound-contact">The mix that you see may be old. {contact}</p>}
      {listened.map((place) => (
        <SoloVoice
          key={`${studio?.id} ${place}`}
          place={place}
          url={settings?.listens.get(place) ?? ''}
          volume={choice.volume}
          onState={solos.onState}
        />
      ))}
    </>
  );
}

export function SoundDesk(props: SoundDeskProps) {
  const [choice, setChoice] = useState(deskChoice);
  const solos = useSolos(props.view.studio?.id, props.view.sources);
  const choose = (change: Partial<DeskChoice>): void => {
    const next = { ...choice, ...change };
    setChoice(next);
    keepDeskChoice(next);
  };
  const { isOpen, scene, hasSettings, volume } = choice;
  const isRunning = props.view.studio?.running ?? false;
  const isPreviewOn = props.view.scenes.some(({ kind, on }) => kind === 'pvw' && on);
  const when = scene === 'pgm' ? 'at once, on air' : isPreviewOn ? 'for the next take' : 'is off';
  return (
    <section className="panel sound" aria-label="Sound">
      <header>
        <h2>
          <button
            type="button"
            className="fold"
            data-testid="sound-fold"
            aria-expanded={isOpen}
            onClick={(event) => {
              if (event.detail > 0) event.currentTarget.blur();
              // Folded away, nobody would see what is listened to.
              solos.clear();
              choose({ isOpen: !isOpen });
            }}
          >
            {isOpen ? '▾' : '▸'} Sound
          </button>
        </h2>
        {isOpen && (
          <>
            <fieldset className="mix-choice">
              <legend className="unseen">The strips change the mix of the</legend>
              {(['pgm', 'pvw'] as const).map((kind) => (
                <Press
                  key={kind}
                  kind={kind}
                  label={`Change the mix of the ${NAMES[kind].toLowerCase()}`}
                  testId={`mix-${kind}`}
                  isOn={scene === kind}
                  onPress={() => choose({ scene: kind })}
                >
                  {NAMES[kind]}
                </Press>
              ))}
            </fieldset>
            <span className="quiet">{isRunning ? when : ''}</span>
            {isRunning && solos.places.length > 0 && (
              <button type="button" className="solo-clear" data-testid="solo-clear" onClick={solos.clear}>
                Listening to {solos.places.length === 1 ? 'one source' : `${solos.places.length} sources`}: stop
              </button>
            )}
            <label className="phones" title="Of what you listen to by SOLO, in this browser only">
              Phones
              <input
                type="range"
                data-testid="phones"
                min={0}
                max={1}
                step={0.05}
                value={volume}
                onChange={(event) => choose({ volume: Number(event.currentTarget.value) })}
                onPointerUp={(event) => event.currentTarget.blur()}
              />
            </label>
            <Press
              kind="more"
              label="Channels, delays, filters, talk-over, tone and alarm"
              testId="sound-settings"
              isOn={hasSettings}
              onPress={() => choose({ hasSettings: !hasSettings })}
            >
              Settings
            </Press>
          </>
        )}
      </header>
      {isOpen && <OpenDesk {...props} {...{ choice, solos }} />}
    </section>
  );
}
