import { LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { EChartsCoreOption } from 'echarts/core'
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'

// Only what is drawn here comes along.
use([LineChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer])

/** Keeps a chart in an element: drawn anew when the option changes, as large as its frame. */
export function useEchart(frame: Ref<HTMLElement | undefined>, option: () => EChartsCoreOption): void {
  let chart: EChartsType | null = null
  let resized: ResizeObserver | null = null
  onMounted(() => {
    if (!frame.value) return
    chart = init(frame.value, null, { renderer: 'svg' })
    chart.setOption(option())
    resized = new ResizeObserver(() => chart?.resize())
    resized.observe(frame.value)
  })
  watch(option, (changed) => chart?.setOption(changed, { notMerge: true }))
  onBeforeUnmount(() => {
    resized?.disconnect()
    chart?.dispose()
  })
}
