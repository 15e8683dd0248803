package io.millrace.admin.lag;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThroughputTests {

    private final Throughput throughput = new Throughput();

    @Test
    void growthIsARateASecond() {
        for (int second = 0; second <= 10; second++) {
            throughput.sample(1000 + second, second * 50L);
        }
        assertThat(throughput.now()).isEqualTo(50);
        assertThat(throughput.rates(3, 2)).containsExactly(50, 50, 50);
    }

    @Test
    void secondsWithoutASampleRepeatTheOneBefore() {
        throughput.sample(1000, 0);
        throughput.sample(1010, 100);
        assertThat(throughput.rates(2, 5)).containsExactly(0, 20);
    }

    @Test
    void aCounterThatFellBeginsAnew() {
        throughput.sample(1000, 500);
        throughput.sample(1001, 3);
        throughput.sample(1002, 5);
        assertThat(throughput.rates(1, 1)).containsExactly(2);
    }

    @Test
    void anHourIsKept() {
        for (int second = 0; second <= 8000; second++) {
            throughput.sample(second, second * 2L);
        }
        assertThat(throughput.rates(60, 60)).containsOnly(2);
    }
}
