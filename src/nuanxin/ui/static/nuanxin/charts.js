/* Draws every [data-chart] with ECharts' svg renderer. The table below it is made on the server and holds the same figures:
   without this script it stands open, with it behind 看表格. Colours are read from the tokens. */
(function () {
  "use strict";

  function options(data, token, font) {
    var words = { fontFamily: font, color: token("--u-ink-2"), fontSize: 13 };
    var line = token("--u-line");
    var many = data.series.length > 1;
    var common = {
      animation: false,
      textStyle: words,
      color: [1, 2, 3, 4, 5, 6].map(function (n) { return token("--u-chart-" + n); }),
      // The other kind of tooltip is written as html with style attributes, which the content policy forbids.
      tooltip: { renderMode: "richText", trigger: data.kind === "ring" ? "item" : "axis", textStyle: { fontFamily: font, fontSize: 13 } },
      legend: many || data.kind === "ring" ? { right: 0, top: data.kind === "ring" ? "middle" : 0, orient: data.kind === "ring" ? "vertical" : "horizontal",
        itemWidth: 12, itemHeight: 12, itemGap: 14, textStyle: words } : undefined
    };
    if (data.kind === "ring") {
      var values = data.series[0].values;
      common.legend.formatter = function (name) { return name + "  " + Number(values[data.categories.indexOf(name)]).toLocaleString(document.documentElement.lang); };
      common.series = [{ type: "pie", radius: ["52%", "78%"], center: ["30%", "50%"], label: { show: false },
        itemStyle: { borderColor: token("--u-surface"), borderWidth: 2 },
        data: data.categories.map(function (name, n) { return { name: name, value: values[n] }; }) }];
      return common;
    }
    var lying = data.kind === "rows";
    var named = { type: "category", data: data.categories, inverse: lying, axisTick: { show: false }, axisLabel: words,
      axisLine: lying ? { show: false } : { lineStyle: { color: token("--u-line-strong") } } };
    var counted = { type: "value", show: !lying, axisLabel: words, splitLine: { lineStyle: { color: line } } };
    common.grid = { left: 4, right: lying ? 44 : 4, top: many ? 36 : 12, bottom: 0, containLabel: true };
    common.xAxis = lying ? counted : named;
    common.yAxis = lying ? named : counted;
    common.series = data.series.map(function (one, n) {
      var bars = lying || data.kind === "bars" || (data.kind === "mixed" && n === 0);
      return bars
        ? { name: one.name, type: "bar", barMaxWidth: 16, itemStyle: { borderRadius: 2 }, data: one.values,
            label: { show: lying, position: "right", fontFamily: font, color: words.color, fontSize: 13 } }
        : { name: one.name, type: "line", symbolSize: 7, lineStyle: { width: 2 }, data: one.values };
    });
    return common;
  }

  function draw(figure) {
    var plot = figure.querySelector(".u-figure__plot");
    if (!plot.hidden) { return; }
    var data = JSON.parse(figure.dataset.chart);
    var style = getComputedStyle(document.body);
    plot.hidden = false;
    var chart = window.echarts.init(plot, null, { renderer: "svg" });
    chart.setOption(options(data, function (name) { return style.getPropertyValue(name).trim(); }, style.fontFamily));
    chart.on("click", function (hit) {
      var url = (data.value_urls[hit.seriesIndex] || data.urls)[hit.dataIndex];
      if (url) { location.assign(url); }
    });
    addEventListener("resize", function () { chart.resize(); });
    figure.querySelector("details").open = false;
  }

  function drawAll(root) { root.querySelectorAll("[data-chart]").forEach(draw); }
  drawAll(document);
  document.addEventListener("htmx:load", function (event) { drawAll(event.target); });
})();
