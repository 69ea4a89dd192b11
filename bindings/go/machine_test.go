package nango_test

import (
	"slices"
	"sync"
	"time"
)

// sleeps holds when a goroutine that only sleeps began to, and how late it woke up. Tests that
// measure time allow for it, so that they do not fail because other programs use the processor.
var sleeps struct {
	sync.Mutex
	began []time.Time
	late  []time.Duration
}

const sleepStep = 5 * time.Millisecond

func watchMachine() {
	for {
		began := time.Now()
		time.Sleep(sleepStep)
		sleeps.Lock()
		sleeps.began = append(sleeps.began, began)
		sleeps.late = append(sleeps.late, time.Since(began)-sleepStep)
		sleeps.Unlock()
	}
}

// allowed is how long something may take that began then: flat on an idle machine, and more on a
// busy one.
func allowed(flat time.Duration, since time.Time) time.Duration {
	sleeps.Lock()
	defer sleeps.Unlock()
	var sum, most time.Duration
	count := 1
	for i, began := range slices.Backward(sleeps.began) {
		if began.Add(sleepStep).Before(since) {
			break
		}
		sum, most, count = sum+sleeps.late[i], max(most, sleeps.late[i]), count+1
	}
	if last := len(sleeps.began) - 1; last >= 0 {
		// The sleep that has not ended yet.
		woke := sleeps.began[last].Add(sleepStep + sleeps.late[last])
		if woke.Before(since) {
			woke = since
		}
		overdue := time.Since(woke) - sleepStep
		sum, most = sum+max(overdue, 0), max(most, overdue)
	}
	average := float64(sum) / float64(count)
	return flat + time.Duration(float64(flat)*average/float64(2*time.Millisecond)) + 4*most
}
