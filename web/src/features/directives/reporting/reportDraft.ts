import { computed, reactive, ref } from 'vue'
import { CASUALTIES, type Assignment, type Casualties, type Casualty, type Position, type Report } from '@/api/types'
import { useUploads } from '@/features/messages/files/uploads'
import { useOutbox } from '@/offline/outbox'
import { parseFigures, type FigureError } from '../figures'
import { trayOf } from './pendingFiles'
import { questionsOf } from './questions'

const COUNT = /^\d{1,9}$/

/** What a unit is about to report: typed texts, what they amount to, and what is still wrong with them. */
export function useReportDraft(assignment: Assignment) {
  const specs = assignment.directive.figures
  const former: Report | null = assignment.latest_report
  const uploads = useUploads()
  const outbox = useOutbox()
  const tray = trayOf(assignment.id)
  // Files of reports that wait in the queue are not this one's.
  const elsewhere = new Set(
    outbox.entriesFor(assignment.id).flatMap(({ body }) => {
      const kept = (body as { uploads?: { key: string }[] }).uploads ?? []
      return kept.map(({ key }) => key)
    }),
  )
  const typed = reactive<Record<string, string>>({})
  const parts = reactive<Record<string, Record<string, string>>>(
    Object.fromEntries(specs.filter(({ risks }) => risks?.length).map(({ key }) => [key, {}])),
  )
  const casualties = reactive<Record<Casualty, string>>({ dead: '', missing: '', injured: '' })
  const text = ref('')
  const explanation = ref('')
  const rescue = ref(assignment.latest_report?.rescue_open ?? false)
  const final = ref(assignment.final_at !== null)
  const position = ref<Position | null>(null)
  const about = new Map<string, { photo: boolean; taken_at: string; position?: Position }>()

  const figures = computed(() => parseFigures(specs, typed))
  const files = computed(() => uploads.in(tray).filter(({ key }) => !elsewhere.has(key)))
  const partErrors = computed(() =>
    Object.entries(parts).flatMap(([key, byRisk]) =>
      Object.entries(byRisk).flatMap(([risk, value]) =>
        value.trim() !== '' && !/^\d{1,12}$/.test(value.trim()) ? [`${key}.${risk}`] : [],
      ),
    ),
  )
  const casualtyErrors = computed(() =>
    CASUALTIES.filter((name) => casualties[name].trim() !== '' && !COUNT.test(casualties[name].trim())),
  )
  const saidParts = computed(() => numbersOf(parts))
  const saidCasualties = computed(
    () =>
      Object.fromEntries(
        CASUALTIES.filter((name) => COUNT.test(casualties[name].trim())).map((name) => [name, Number(casualties[name])]),
      ) as Partial<Casualties>,
  )
  const questions = computed(() =>
    questionsOf(specs, former, {
      figures: figures.value.values,
      by_risk: saidParts.value,
      casualties: saidCasualties.value,
    }),
  )
  const touched = computed(
    () =>
      files.value.length > 0 ||
      [text.value, ...Object.values(typed), ...Object.values(casualties)].some((each) => each.trim() !== ''),
  )
  const isEmpty = computed(
    () =>
      Object.keys(figures.value.values).length === 0 &&
      Object.keys(saidCasualties.value).length === 0 &&
      text.value.trim() === '' &&
      files.value.length === 0,
  )
  const isWrong = computed(
    () =>
      Object.keys(figures.value.errors).length > 0 ||
      partErrors.value.length > 0 ||
      casualtyErrors.value.length > 0 ||
      isEmpty.value ||
      (questions.value.length > 0 && explanation.value.trim() === ''),
  )

  function errorOf(key: string): FigureError | undefined {
    return figures.value.errors[key]
  }

  function setFigure(key: string, value: string): void {
    typed[key] = value
  }

  function setPart(key: string, risk: string, value: string): void {
    if (parts[key]) parts[key][risk] = value
  }

  function setCasualty(name: Casualty, value: string): void {
    casualties[name] = value
  }

  function setPosition(place: Position | null): void {
    position.value = place
  }

  /** Most of what one reports again has not changed. */
  function takeFormer(): void {
    for (const { key } of specs) {
      const value = former?.figures[key]
      if (typeof value === 'number') setFigure(key, String(value))
      for (const [risk, part] of Object.entries(former?.by_risk[key] ?? {})) setPart(key, risk, String(part))
    }
    for (const name of CASUALTIES) {
      const value = former?.casualties[name]
      if (typeof value === 'number') setCasualty(name, String(value))
    }
  }

  function addFiles(chosen: File[], photo: boolean): void {
    for (const file of chosen) {
      const key = uploads.add(tray, file)
      const taken_at = new Date(file.lastModified || Date.now()).toISOString()
      about.set(key, { photo: photo && file.type.startsWith('image/'), taken_at })
    }
  }

  /** Into the queue: it goes when there is a line and its files have arrived. */
  function send(proxyReason: string | null = null): void {
    const place = position.value
    outbox.sendReport(assignment.id, {
      ...(final.value && { kind: 'final' as const }),
      figures: figures.value.values,
      ...(Object.keys(saidParts.value).length && { by_risk: saidParts.value }),
      ...(Object.keys(saidCasualties.value).length && { casualties: saidCasualties.value }),
      ...(text.value.trim() && { text: text.value.trim() }),
      ...(questions.value.length && { explanation: explanation.value.trim() }),
      ...(place && { position: place }),
      ...(files.value.length && { uploads: files.value.map(({ key, name }) => said(key, name)) }),
      ...(rescue.value && { rescue_open: true }),
      ...(proxyReason && { proxy_reason: proxyReason }),
      device_time: new Date().toISOString(),
    })
  }

  function said(key: string, name: string) {
    // Of a file that an earlier page began, only the name tells what it is.
    const known = about.get(key) ?? { photo: /\.(jpe?g|png|webp|heic|gif)$/i.test(name), taken_at: undefined }
    return {
      key,
      photo: known.photo,
      ...(known.photo && known.taken_at && { taken_at: known.taken_at }),
      ...(known.photo && position.value && { position: position.value }),
    }
  }

  return {
    specs,
    former,
    typed,
    parts,
    casualties,
    text,
    explanation,
    final,
    rescue,
    position,
    files,
    partErrors,
    casualtyErrors,
    questions,
    touched,
    isEmpty,
    isWrong,
    errorOf,
    setFigure,
    setPart,
    setCasualty,
    setPosition,
    takeFormer,
    addFiles,
    send,
  }
}

export type ReportDraft = ReturnType<typeof useReportDraft>

function numbersOf(parts: Record<string, Record<string, string>>): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {}
  for (const [key, byRisk] of Object.entries(parts)) {
    const said = Object.entries(byRisk).filter(([, value]) => /^\d{1,12}$/.test(value.trim()))
    if (said.length) found[key] = Object.fromEntries(said.map(([risk, value]) => [risk, Number(value)]))
  }
  return found
}
