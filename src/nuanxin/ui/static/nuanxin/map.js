/* Puts Leaflet over the installation's tiles in the place of the schematic map. The list beside it holds the same places. */
(function () {
  "use strict";

  function pin(place) {
    var mark = document.createElement("span");
    mark.className = "u-mark u-mark--" + place.tone;
    mark.textContent = place.mark;
    return window.L.divIcon({ className: "u-map__mark", html: mark, iconSize: [28, 28], iconAnchor: [14, 14] });
  }

  function show(figure) {
    var box = figure.querySelector(".u-map__tiles");
    if (!box || !box.hidden) { return; }
    var data = JSON.parse(figure.dataset.map);
    box.hidden = false;
    figure.querySelector(".u-map__schema").remove();
    var map = window.L.map(box);
    map.attributionControl.setPrefix("Leaflet");
    window.L.tileLayer(data.tiles, { attribution: data.attribution, maxZoom: 19 }).addTo(map);
    var ways = {};
    data.places.forEach(function (place) {
      var marker = window.L.marker(place.at, { icon: pin(place), title: place.label, alt: place.label }).addTo(map);
      if (place.url) { marker.on("click", function () { location.assign(place.url); }); }
      if (place.group) { (ways[place.group] = ways[place.group] || []).push(place.at); }
    });
    Object.keys(ways).forEach(function (group) { window.L.polyline(ways[group], { weight: 4, color: "#57524b", dashArray: "1 8" }).addTo(map); });
    map.fitBounds(data.places.map(function (place) { return place.at; }), { padding: [32, 32], maxZoom: 16 });
  }

  function showAll(root) { root.querySelectorAll("[data-map]").forEach(show); }
  showAll(document);
  document.addEventListener("htmx:load", function (event) { showAll(event.target); });
})();
