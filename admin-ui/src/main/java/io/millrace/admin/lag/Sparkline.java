package io.millrace.admin.lag;

import java.util.Arrays;
import java.util.Locale;

/** A small line drawing of rates, as the points of an SVG polyline in a box of 100 by 24; with words for those who do not see it. */
public final class Sparkline {

    private static final int WIDTH = 100;
    private static final int HEIGHT = 24;
    private static final double MARGIN = 2;

    private final double[] rates;
    private final int secondsEach;

    Sparkline(double[] rates, int secondsEach) {
        this.rates = rates.clone();
        this.secondsEach = secondsEach;
    }

    /** Returns the line. */
    public String points() {
        double peak = Math.max(1, peak());
        StringBuilder points = new StringBuilder(rates.length * 10);
        for (int i = 0; i < rates.length; i++) {
            double x = rates.length == 1 ? 0 : (double) i * WIDTH / (rates.length - 1);
            double y = HEIGHT - MARGIN - rates[i] / peak * (HEIGHT - 2 * MARGIN);
            points.append(i == 0 ? "" : " ").append(String.format(Locale.ROOT, "%.1f,%.1f", x, y));
        }
        return points.toString();
    }

    /** Returns the line closed along the bottom, for filling. */
    public String area() {
        return "0," + HEIGHT + " " + points() + " " + WIDTH + "," + HEIGHT;
    }

    public double peak() {
        return Arrays.stream(rates).max().orElse(0);
    }

    public double mean() {
        return Arrays.stream(rates).average().orElse(0);
    }

    /** Returns whether nothing moved. */
    public boolean flat() {
        return peak() == 0;
    }

    /** Returns what the drawing shows, in words. */
    public String words() {
        int seconds = secondsEach * rates.length;
        String time = seconds >= 120 ? seconds / 60 + " minutes" : seconds + " seconds";
        return flat()
                ? "no changes in the last " + time
                : String.format(Locale.ROOT, "last %s: mean %.1f, peak %.1f changes a second", time, mean(), peak());
    }
}
