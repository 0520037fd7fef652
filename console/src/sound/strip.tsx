/** One source at the sound desk: its level as it comes in, and how it goes into the mix that is being edited. */
import { useRef } from 'react';
import { Fader } from './fader.js';
import { DbField, NumberField } from './fields.js';
import type { MeterBoard } from './meter-board.js';
import { LevelMeter } from './meters.js';
import type { MixHand, StripState } from './mix-hand.js';
import { Press } from './press.js';
import { LONGEST_DELAY_MS, type SoundFilter } from './sound-wire.js';
import { type StripEntry, treatmentOf, troubleOf } from './strip-list.js';

interface StripProps {
  entry: StripEntry;
  state: StripState;
  /** Null while the mix cannot be changed. */
  hand: MixHand | null;
  board: MeterBoard;
  /** Heard in the programme, heard in the preview. */
  isOnAir: boolean;
  isNext: boolean;
  /** Whether channels, delay and filters are shown. */
  hasSettings: boolean;
  /** Null while it cannot be listened to. */
  solo: { isOn: boolean; words: string; title: string; onPress: () => void } | null;
  /** Null while talk-over is not known. `isKept`: a trigger of a talk-over that is off. */
  talk: { isOn: boolean; isKept: boolean; onPress: () => void } | null;
}

const CHANNELS = [
  ['all', 'Left + right'],
  ['left', 'Left only'],
  ['right', 'Right only'],
] as const;
const NOISE = [
  ['off', 'NR off'],
  ['speech', 'NR speech'],
  ['music', 'NR music'],
] as const;
const VOICE = [
  ['off', 'Voice off'],
  ['deep', 'Voice deep'],
  ['bright', 'Voice bright'],
] as const;

interface ChoiceProps<T extends string> {
  label: string;
  testId: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  isDisabled: boolean;
  onChoose: (value: T) => void;
}

function Choice<T extends string>({ label, testId, value, choices, isDisabled, onChoose }: ChoiceProps<T>) {
  return (
    <select
      aria-label={label}
      title={label}
      data-testid={testId}
      disabled={isDisabled}
      value={value}
      className={value === choices[0]?.[0] ? '' : 'set'}
      onChange={(event) => {
        const chosen = choices.find(([one]) => one === event.currentTarget.value);
        if (chosen) onChoose(chosen[0]);
        // Otherwise the number keys would go on choosing.
        event.currentTarget.blur();
      }}
    >
      {choices.map(([one, words]) => (
        <option key={one} value={one}>
          {words}
        </option>
      ))}
    </select>
  );
}

function StripSettings({ entry, state, hand }: Pick<StripProps, 'entry' | 'state' | 'hand'>) {
  const { place, name } = entry;
  const { channels, delayMs, filter } = state.layer;
  const isDisabled = hand === null;
  const treat = (change: Partial<SoundFilter>): void => hand?.setLayer(place, { filter: { ...filter, ...change } });
  return (
    <div className="strip-settings">
      <Choice
        label={`Channels of ${name}`}
        testId={`channels-${place}`}
        value={channels}
        choices={CHANNELS}
        {...{ isDisabled }}
        onChoose={(chosen) => hand?.setLayer(place, { channels: chosen })}
      />
      <NumberField
        label={`Delay of ${name} in milliseconds`}
        testId={`delay-${place}`}
        value={delayMs}
        min={0}
        max={LONGEST_DELAY_MS}
        step={10}
        unit="ms delay"
        {...{ isDisabled }}
        onValue={(value) => hand?.setLayer(place, { delayMs: value })}
      />
      <label className={filter.autoGain ? 'tick set' : 'tick'}>
        <input
          type="checkbox"
          data-testid={`agc-${place}`}
          checked={filter.autoGain}
          disabled={isDisabled}
          onChange={(event) => {
            treat({ autoGain: event.currentTarget.checked });
            event.currentTarget.blur();
          }}
        />
        Gain control<span className="unseen"> of {name}</span>
      </label>
      <Choice
        label={`Noise reduction of ${name}`}
        testId={`noise-${place}`}
        value={filter.noise}
        choices={NOISE}
        {...{ isDisabled }}
        onChoose={(noise) => treat({ noise })}
      />
      <Choice
        label={`Voice of ${name}`}
        testId={`voice-${place}`}
        value={filter.voice}
        choices={VOICE}
        {...{ isDisabled }}
        onChoose={(voice) => treat({ voice })}
      />
    </div>
  );
}

export function Strip(props: StripProps) {
  const { entry, state, hand, board, isOnAir, isNext, hasSettings, solo, talk } = props;
  const { place, name, source } = entry;
  const { isOn, isMuted, layer } = state;
  const strip = useRef<HTMLLIElement>(null);
  const isDisabled = hand === null || place === '';
  const id = place || (source?.position ?? '');
  const trouble = troubleOf(source);
  const tally = isOnAir ? 'on-air' : isNext ? 'next' : '';
  const sourceId = source?.id ?? '';
  const treatment = treatmentOf(layer);
  return (
    <li
      ref={strip}
      className={`strip ${tally}${isOn ? '' : ' out'}${isMuted ? ' muted' : ''}`}
      data-testid={`strip-${id}`}
      aria-label={`Sound of ${name}`}
    >
      <header className="name" title={name}>
        {name}
      </header>
      <p className="strip-state">
        <span className="position">{id}</span>
        {trouble ? (
          <span className="trouble" title={source?.reason}>
            {trouble}
          </span>
        ) : (
          <>
            <span className="silent-mark">silent</span>
            <span className="tally-words">{isOnAir ? 'on air' : isNext ? 'next' : ''}</span>
          </>
        )}
      </p>
      <div className="presses">
        <Press
          kind="on"
          label={`${name} in the mix`}
          testId={`on-${id}`}
          isOn={isOn}
          isDisabled={isDisabled}
          onPress={() => hand?.setOn(place, !isOn)}
        >
          ON
        </Press>
        <Press
          kind="mute"
          label={`Mute ${name}`}
          testId={`mute-${id}`}
          isOn={isMuted}
          isDisabled={isDisabled || (layer.gain === 0 && !isMuted)}
          onPress={() => hand?.setMuted(place, !isMuted)}
        >
          MUTE
        </Press>
        <Press
          kind="solo"
          label={`Listen to ${name}`}
          testId={`solo-${id}`}
          isOn={solo?.isOn ?? false}
          isDisabled={solo === null}
          title={solo?.title ?? 'There is nothing to listen to while the studio does not run'}
          onPress={() => solo?.onPress()}
        >
          {solo?.words ?? 'SOLO'}
        </Press>
        <Press
          kind={talk?.isKept ? 'talk kept' : 'talk'}
          label={`${name} talks over the others`}
          testId={`talk-${id}`}
          isOn={talk?.isOn ?? false}
          isDisabled={talk === null || place === ''}
          title={`While ${name} is heard, everything else is turned down`}
          onPress={() => talk?.onPress()}
        >
          TALK
        </Press>
      </div>
      <div className="levels">
        <Fader
          key={place}
          label={`Volume of ${name}`}
          testId={`fader-${id}`}
          gain={layer.gain}
          owner={isDisabled ? null : hand}
          onGain={(gain) => hand?.setGain(place, gain)}
          onHold={(isHeld) => hand?.hold(place, isHeld)}
        />
        <LevelMeter
          board={board}
          of={(levels) => levels.sources.get(sourceId)}
          id={sourceId}
          label={`Level of ${name} as it comes in`}
          testId={`meter-${id}`}
          mark={strip}
        />
      </div>
      <div className="gain">
        <DbField
          label={`Volume of ${name} in dB`}
          testId={`db-${id}`}
          gain={layer.gain}
          isDisabled={isDisabled}
          onGain={(gain) => hand?.setGain(place, gain)}
        />
        <span>dB</span>
      </div>
      <p className="treatment" data-testid={`treatment-${id}`} title={treatment}>
        {treatment}
      </p>
      {hasSettings && <StripSettings {...{ entry, state }} hand={isDisabled ? null : hand} />}
    </li>
  );
}
