import { Offer } from '../core/index.ts'
import type { OpenAi } from '../wire/index.ts'
import type { KnownOffer } from './Providers.ts'

/** OpenAI's model object, and under `dehug` what it does and who offers it for how much. */
export type ModelView = OpenAi.Model & {
  dehug: { task: string; modelId: string; offers: { offer: unknown; signature: string; url: string }[] }
}

/** One entry a model, in the order of the offers. */
export function modelsOf(offers: readonly KnownOffer[]): ModelView[] {
  const views = new Map<string, ModelView>()
  for (const { offer, signature, model, task, url } of offers) {
    const view = views.get(model) ?? {
      ...{ id: model, object: 'model', created: 0, owned_by: model.split('/')[0] as string },
      dehug: { task, modelId: offer.modelId.toString(), offers: [] },
    }
    view.dehug.offers.push({ offer: Offer.serialize(offer), signature, url })
    views.set(model, view as ModelView)
  }
  return [...views.values()]
}
