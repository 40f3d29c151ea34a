// The map: borders, the storm and its circles, and what lies where. It needs no tile server.

import { make } from './dom.js'
import { away, circle, classOf, cone } from './storm.js'
import { shortTime, t } from './words.js'

const L = window.L
// The lines by which Chinese forecasters count the hours to the coast.
const WARNING_LINES = [
  ['warning24', [[34, 127], [22, 127], [18, 119], [11, 119], [4.5, 113], [0, 105]]],
  ['warning48', [[34, 132], [15, 132], [0, 120], [0, 105]]],
]
const CROWD = 120
const NEAR = 8.5
const PANES = { clouds: 250, land: 260, storm: 420, things: 450 }

export function makeMap(host, { onPick }) {
  const map = L.map(host, { zoomControl: false, attributionControl: false, minZoom: 4, maxZoom: 12, zoomSnap: 0.25, maxBounds: [[-5, 95], [50, 155]] })
  L.control.zoom({ position: 'topright' }).addTo(map)
  for (const [name, zIndex] of Object.entries(PANES)) map.createPane(name).style.zIndex = zIndex
  const group = (pane) => L.layerGroup([], { pane }).addTo(map)
  const layers = { grid: group('land'), land: group('land'), clouds: group('clouds'), path: group('storm'), circles: group('storm'), now: group('storm'), records: group('things'), gauges: group('things'), home: group('things') }
  drawGrid(layers.grid)
  // A province from afar: hundreds of marks as large as a county would hide what they stand on.
  const shrink = () => host.classList.toggle('crowded', (layers.records.kept?.size ?? 0) > CROWD && map.getZoom() < NEAR)
  map.on('zoomend', shrink)

  return {
    map,
    toggle(name, shown) {
      const layer = layers[name]
      if (shown) layer.addTo(map)
      else layer.remove()
    },
    drawBorders: (borders, place) => drawBorders(layers.land, borders, place),
    drawHome(place, device) {
      layers.home.clearLayers()
      L.circleMarker([place.lat, place.lon], { pane: 'things', className: 'home-mark', radius: 6 }).bindTooltip(place.name).addTo(layers.home)
      if (device) L.circleMarker([device.lat, device.lon], { pane: 'things', className: 'device-mark', radius: 6 }).addTo(layers.home)
    },
    drawPath: (storm) => drawPath(layers.path, storm),
    drawStorm(storm, now) {
      drawNow(layers, storm, now)
    },
    drawRecords(records, selected) {
      const placed = records.filter(({ lat }) => lat !== null && lat !== undefined)
      keep(layers.records, placed, ({ key, kind, lat, lon, name, state, shelterState }) => ({
        key,
        at: [lat, lon],
        className: `thing ${kind} ${state ?? shelterState}${key === selected ? ' picked' : ''}`,
        size: [16, 16],
        title: name,
        onclick: () => onPick(kind, key),
      }))
      shrink()
    },
    drawGauges(gauges) {
      const over = gauges.filter((gauge) => gauge.over !== 'none' && gauge.over !== 'silent')
      keep(layers.gauges, over, ({ id, lat, lon, name, over: how }) => ({
        key: id,
        at: [lat, lon],
        className: `gauge-mark ${how}`,
        size: [14, 12],
        title: name,
        onclick: () => onPick('gauges', id),
      }))
    },
    drawCloud(url, bounds) {
      layers.clouds.clearLayers()
      if (!url || !bounds) return
      L.imageOverlay(url, [[bounds[0], bounds[1]], [bounds[2], bounds[3]]], { pane: 'clouds', opacity: 0.55 }).addTo(layers.clouds)
    },
    goTo: (lat, lon) => map.flyTo([lat, lon], Math.max(map.getZoom(), 9), { duration: 0.6 }),
    fit: (points) => map.fitBounds(L.latLngBounds(points), { padding: [24, 24], maxZoom: 8 }),
  }
}

/** The marks of a layer as they are to be: those that look the same stay, however many there are. */
function keep(layer, things, look) {
  const before = layer.kept ?? new Map()
  const after = new Map()
  for (const thing of things) {
    const { key, at, className, size, title, onclick } = look(thing)
    const says = [...at, className, title].join(' ')
    let mark = before.get(key)
    if (mark?.says !== says) {
      if (mark) layer.removeLayer(mark.marker)
      const icon = L.divIcon({ className, html: '', iconSize: size })
      mark = { says, marker: L.marker(at, { icon, pane: 'things', title, keyboard: false }).on('click', onclick) }
      layer.addLayer(mark.marker)
    }
    before.delete(key)
    after.set(key, mark)
  }
  for (const { marker } of before.values()) layer.removeLayer(marker)
  layer.kept = after
}

function drawGrid(layer) {
  for (let lon = 100; lon <= 150; lon += 5) line(layer, [[-5, lon], [50, lon]], 'grid')
  for (let lat = 0; lat <= 45; lat += 5) {
    line(layer, [[lat, 95], [lat, 155]], 'grid')
    if (lat) word(layer, [lat, 135.2], `${lat}°N`, 'grid-word')
  }
  for (let lon = 110; lon <= 145; lon += 5) word(layer, [20.3, lon], `${lon}°E`, 'grid-word')
  for (const [key, points] of WARNING_LINES) line(layer, points, `warning-line ${key}`)
}

export function nameLines(layer) {
  for (const [key, points] of WARNING_LINES) word(layer, [31.5, points[0][1]], t(key), `line-word ${key}`)
}

const line = (layer, points, className) => L.polyline(points, { pane: 'land', className, interactive: false }).addTo(layer)
const word = (layer, point, text, className, pane = 'land') =>
  L.marker(point, { pane, interactive: false, keyboard: false, icon: L.divIcon({ className, html: make('span', {}, text), iconSize: null }) }).addTo(layer)

function drawBorders(layer, borders, place) {
  layer.clearLayers()
  for (const district of borders.districts)
    L.polygon(district.rings, { pane: 'land', className: `district${district.code === place.code ? ' own' : ''}`, interactive: false, smoothFactor: 1.2 }).addTo(layer)
  for (const city of borders.cities) {
    L.polygon(city.rings, { pane: 'land', className: `city${city.code === place.code ? ' own' : ''}`, interactive: false, smoothFactor: 1.2 }).addTo(layer)
    word(layer, city.centre, city.name.replace(/市$/, ''), 'city-word')
  }
  for (const province of borders.province)
    L.polygon(province.rings, { pane: 'land', className: 'province', interactive: false, smoothFactor: 1.2 }).addTo(layer)
  nameLines(layer)
}

/** The fixes; how they look changes as the clock passes them. */
function drawPath(layer, storm) {
  layer.clearLayers()
  if (!storm) return
  storm.marks = storm.fixes.map((fix) =>
    L.circleMarker([fix.lat, fix.lon], { pane: 'storm', radius: 4, className: `fix ${classOf(fix.wind_ms)}` }).bindTooltip(() =>
      make('span', {}, `${shortTime(fix.ms)} · ${t(`class.${classOf(fix.wind_ms)}`)}${fix.wind_ms === null ? '' : ` ${fix.wind_ms} m/s`}`),
    ),
  )
  storm.way = L.polyline([], { pane: 'storm', className: 'way', interactive: false }).addTo(layer)
  storm.layer = layer
}

function drawNow(layers, storm, now) {
  const passed = storm.fixes.filter((fix) => fix.ms <= now.ms)
  storm.way.setLatLngs([...passed.map((fix) => [fix.lat, fix.lon]), [now.lat, now.lon]])
  storm.marks.forEach((mark, index) => {
    const shown = storm.fixes[index].ms <= now.ms
    if (shown !== storm.layer.hasLayer(mark)) {
      if (shown) mark.addTo(storm.layer)
      else mark.remove(), storm.layer.removeLayer(mark)
    }
  })
  layers.circles.clearLayers()
  layers.now.clearLayers()
  // One shape of many parts: where they overlap it is no darker.
  L.polygon(cone(now.forecast).map((part) => [part]), { pane: 'storm', className: 'cone', fillRule: 'nonzero', interactive: false }).addTo(layers.circles)
  if (now.forecast.length > 1)
    L.polyline(now.forecast.map((fix) => [fix.lat, fix.lon]), { pane: 'storm', className: 'ahead', interactive: false }).addTo(layers.circles)
  for (const [force, quadrants] of Object.entries(now.radii_km))
    L.polygon(circle(now, quadrants), { pane: 'storm', className: `force force${force}`, interactive: false }).addTo(layers.circles)
  for (const [force, [north]] of Object.entries(now.radii_km))
    word(layers.circles, away(now, north, 0), `${t('force', { n: force })} ${north} km`, `force-word force${force}`, 'storm')
  for (const fix of now.forecast.slice(1)) {
    const hours = Math.round((Date.parse(fix.at) - now.ms) / 3_600_000)
    L.circleMarker([fix.lat, fix.lon], { pane: 'storm', radius: 3, className: 'fix ahead-fix' })
      .bindTooltip(make('span', {}, `${t('inHours', { n: hours })} · ${shortTime(fix.at)}`))
      .addTo(layers.circles)
  }
  const eye = L.divIcon({ className: `eye ${classOf(now.wind_ms)}`, html: eyeShape(), iconSize: [34, 34] })
  L.marker([now.lat, now.lon], { icon: eye, pane: 'storm', interactive: false, keyboard: false }).addTo(layers.now)
}

let shape = null
function eyeShape() {
  if (!shape) {
    const name = 'http://www.w3.org/2000/svg'
    shape = document.createElementNS(name, 'svg')
    shape.setAttribute('viewBox', '0 0 48 48')
    for (const d of ['M35 24c0-8-6-12.500-14-12.500-4 0-7 1-9.500 3', 'M13 24c0 8 6 12.500 14 12.500 4 0 7-1 9.500-3']) {
      const path = document.createElementNS(name, 'path')
      path.setAttribute('d', d)
      shape.append(path)
    }
    const dot = document.createElementNS(name, 'circle')
    for (const [key, value] of [['cx', 24], ['cy', 24], ['r', 5]]) dot.setAttribute(key, value)
    shape.append(dot)
  }
  return shape.cloneNode(true)
}
