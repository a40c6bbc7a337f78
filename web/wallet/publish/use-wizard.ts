import { useCallback, useEffect, useState } from 'react'
import type { LicenseCheck } from '@/lib/types.ts'
import type { Session } from '../session.ts'
import type { CardFields } from './card.ts'
import type { Detected } from './detect.ts'
import { type Draft, loadDraft, type PriceFields, saveDraft, usualPrice } from './draft.ts'
import type { PickedFolder } from './Picked.ts'

export type Wizard = ReturnType<typeof useWizard>

const noFields: CardFields = { license: '', task: '', library: '', baseModels: '', relation: 'finetune' }

/** Everything that is filled in; kept in this browser, so that a reload loses nothing. */
export const useWizard = (user: NonNullable<Session['user']>) => {
  const [namespace, setNamespace] = useState(user.name)
  const [name, setName] = useState('')
  const [type, setType] = useState<'model' | 'dataset'>('model')
  const [fields, setFields] = useState(noFields)
  const [body, setBody] = useState('')
  const [price, setPrice] = useState<PriceFields>(usualPrice)
  const [folder, setFolder] = useState<PickedFolder>()
  const [detected, setDetected] = useState<Detected>()
  const [readme, setReadme] = useState('')
  const [check, setCheck] = useState<LicenseCheck>()
  const [waiting, setWaiting] = useState<Draft>()
  const [isLoaded, setIsLoaded] = useState(false)

  useEffect(() => {
    const take = (draft: Draft | undefined) => {
      if (draft) {
        setWaiting(draft)
        setNamespace(draft.namespace)
        setName(draft.name)
        setType(draft.type)
        setFields(draft.fields)
        setBody(draft.body)
        setPrice(draft.price)
      }
      setIsLoaded(true)
    }
    loadDraft().then(take, () => take(undefined))
  }, [])

  const draft = useCallback(
    (): Draft => ({
      ...{ namespace, name, type, fields, body, price },
      ...{ folder: folder?.name ?? '', handle: folder?.handle },
    }),
    [namespace, name, type, fields, body, price, folder],
  )
  useEffect(() => {
    if (!isLoaded || !folder) return
    const timer = setTimeout(() => saveDraft(draft()).catch(() => undefined), 300)
    return () => clearTimeout(timer)
  }, [isLoaded, folder, draft])

  /** Takes a folder: what was filled in for the same one stays, anything else is read from its files. */
  const takeFolder = async (picked: PickedFolder) => {
    const [{ detect }, { readCard }] = await Promise.all([import('./detect.ts'), import('./card.ts')])
    const found = await detect(picked.files)
    const text = (await picked.files.find(({ path }) => path === 'README.md')?.file.text()) ?? ''
    if (!(waiting && waiting.folder === picked.name)) {
      const card = readCard(text)
      setFields({
        ...card.fields,
        task: card.fields.task || (found.task ?? ''),
        library: card.fields.library || (found.library ?? ''),
      })
      setBody(card.body || `# ${picked.name}\n`)
      setType(found.type)
      if (name === '') setName(nameOf(picked.name))
    }
    setReadme(text)
    setDetected(found)
    setFolder(picked)
  }

  /** Keeps everything now, before the page is busy for long. */
  const keep = () => saveDraft(draft()).catch(() => undefined)

  return {
    ...{ namespace, setNamespace, name, setName, type, setType, fields, setFields, body, setBody, price, setPrice },
    ...{ folder, takeFolder, detected, readme, check, setCheck, waiting, isLoaded, keep },
  }
}

/** A folder's name as a repository may be called. */
const nameOf = (folder: string): string =>
  folder
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 96)
