//go:build !race

package nango_test

const raceDetector = false
