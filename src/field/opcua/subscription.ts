/** A subscription at an OPC UA server: what it says by itself, as it says it. Whether that can be believed is for `watch.ts` to judge. */

import type { Ms } from '../../base/units.js'
import { type Asking, type Place, statusOf } from './asking.js'
import type { Said } from './decode.js'
import { SESSION_MS_MIN } from './opening.js'

/** What the server says by itself: values by the handle of their item, or nothing, which says that it is alive. */
export interface News { readonly sequence: number; readonly values: readonly { readonly handle: number; readonly said: Said }[]; readonly isOver: boolean }

export interface Hearing {
  readonly onNews: (news: News) => void
  /** There will be no more. */
  readonly onEnd: () => void
}

/** How many requests wait at the server for news: one that it answers, and one that it then has at once. */
const PUBLISHES = 2
const VALUES_PER_MESSAGE = 2_000

export class Subscription {
  /** As the server grants them. */
  readonly publishMs: Ms
  readonly keepAliveCount: number
  readonly #id: number
  readonly #asking: Asking
  readonly #hearing: Hearing
  /** What was heard and is not confirmed yet. */
  readonly #heard: { subscriptionId: number; sequenceNumber: number }[] = []

  private constructor(asking: Asking, hearing: Hearing, granted: { readonly subscriptionId: number; readonly revisedPublishingInterval: number; readonly revisedMaxKeepAliveCount: number }) {
    this.#asking = asking
    this.#hearing = hearing
    this.#id = granted.subscriptionId
    this.publishMs = granted.revisedPublishingInterval
    this.keepAliveCount = granted.revisedMaxKeepAliveCount
  }

  /** Rejects with `Refused` when the server grants none. */
  static async open(asking: Asking, publishMs: Ms, keepAliveCount: number, hearing: Hearing): Promise<Subscription> {
    const { CreateSubscriptionRequest, CreateSubscriptionResponse } = asking.library
    const subscription = new Subscription(asking, hearing, await asking.ask(new CreateSubscriptionRequest({
      requestedPublishingInterval: publishMs, requestedMaxKeepAliveCount: keepAliveCount, requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(SESSION_MS_MIN / publishMs)),
      maxNotificationsPerPublish: VALUES_PER_MESSAGE, publishingEnabled: true, priority: 0,
    }), CreateSubscriptionResponse))
    for (let i = 0; i < PUBLISHES; i++) subscription.#publish()
    return subscription
  }

  /** Items of at most as many places as the server takes at once; gives the id of each, or `null` where the server does not watch it. */
  async monitor(items: readonly { readonly place: Place; readonly handle: number }[], samplingMs: Ms): Promise<readonly (number | null)[]> {
    const { CreateMonitoredItemsRequest, CreateMonitoredItemsResponse, MonitoringMode, TimestampsToReturn } = this.#asking.library
    const itemsToCreate = items.map(({ place, handle }) => ({
      itemToMonitor: this.#asking.valueOf(place), monitoringMode: MonitoringMode.Reporting,
      requestedParameters: { clientHandle: handle, samplingInterval: samplingMs, queueSize: 1, discardOldest: true },
    }))
    const { results } = await this.#asking.ask(new CreateMonitoredItemsRequest({ subscriptionId: this.#id, timestampsToReturn: TimestampsToReturn.Neither, itemsToCreate }), CreateMonitoredItemsResponse)
    return this.#asking.whole(results, items.length).map(({ statusCode, monitoredItemId }) => statusCode.isGood() ? monitoredItemId : null)
  }

  async unmonitor(items: readonly number[]): Promise<void> {
    const { DeleteMonitoredItemsRequest, DeleteMonitoredItemsResponse } = this.#asking.library
    await this.#asking.ask(new DeleteMonitoredItemsRequest({ subscriptionId: this.#id, monitoredItemIds: [...items] }), DeleteMonitoredItemsResponse)
  }

  async end(): Promise<void> {
    const { DeleteSubscriptionsRequest, DeleteSubscriptionsResponse } = this.#asking.library
    await this.#asking.ask(new DeleteSubscriptionsRequest({ subscriptionIds: [this.#id] }), DeleteSubscriptionsResponse)
  }

  /** Leaves a request at the server for it to answer when it has news, and another as soon as it did. */
  #publish(): void {
    const { PublishRequest, PublishResponse, DataChangeNotification, StatusChangeNotification } = this.#asking.library
    const { onNews, onEnd } = this.#hearing
    const request = new PublishRequest({ requestHeader: { timeoutHint: 2 * SESSION_MS_MIN }, subscriptionAcknowledgements: this.#heard.splice(0) })
    this.#asking.send(request, (error, response) => {
      if (this.#asking.fault !== null) return
      const status = statusOf(error)
      // It has enough of these waiting already, or gave this one back.
      if (status === 'BadTooManyPublishRequests') return
      if (status !== 'BadTimeout') {
        if (error !== null && error !== undefined || !(response instanceof PublishResponse) || response.subscriptionId !== this.#id) { onEnd(); return }
        const { sequenceNumber, notificationData } = response.notificationMessage
        const parts = notificationData ?? []
        if (parts.length > 0) this.#heard.push({ subscriptionId: this.#id, sequenceNumber })
        onNews({
          sequence: sequenceNumber, isOver: parts.some((part) => part instanceof StatusChangeNotification && !part.status.isGood()),
          values: parts.flatMap((part) => part instanceof DataChangeNotification ? (part.monitoredItems ?? []).map(({ clientHandle, value }) => ({ handle: clientHandle, said: value })) : []),
        })
      }
      this.#publish()
    })
  }
}
