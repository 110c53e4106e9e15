package rcf

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The example of the package: five lines, and how an error is handled.
func Example() {
	detector, err := NewDetector("{}")
	if err != nil {
		panic(err)
	}
	defer detector.Close()
	for t := 0; t < 950; t++ {
		value := 20 + float64(t%24)
		if t == 900 {
			value += 50
		}
		if found, err := detector.Process(value); err == nil && found.IsAnomaly {
			fmt.Printf("%d: %.0f, expected %.0f\n", t, found.Value, found.Expected)
		}
	}
	// Output: 900: 82, expected 32
}

// The README has the same example.
func TestTheReadmeHasTheExample(t *testing.T) {
	read := func(path string) string {
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(bytes)
	}
	_, rest, _ := strings.Cut(read("rcf_test.go"), "func Example() {\n")
	example, _, _ := strings.Cut(rest, "\t// Output")
	example = strings.ReplaceAll("\n"+example, "\n\t", "\n")
	example = strings.Replace(example, "NewDetector", "rcf.NewDetector", 1)
	if !strings.Contains(read("../README.md"), "```go"+example+"```") {
		t.Errorf("README.md differs from%s", example)
	}
}

func expected(t *testing.T) (forest, detector string, values []float64, bits [2][]uint64) {
	file, err := os.Open("../../tests/bits/expected.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		cells := strings.Split(line, ",")
		switch {
		case strings.HasPrefix(line, "# forest "):
			forest = line[9:]
		case strings.HasPrefix(line, "# detector "):
			detector = line[11:]
		case len(cells) == 4 && cells[0] != "value_1":
			for _, cell := range cells[:2] {
				value, err := strconv.ParseFloat(cell, 64)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
			for i, cell := range cells[2:] {
				pattern, err := strconv.ParseUint(cell, 16, 64)
				if err != nil {
					t.Fatal(err)
				}
				bits[i] = append(bits[i], pattern)
			}
		}
	}
	if len(bits[0]) != 1000 {
		t.Fatalf("%d records", len(bits[0]))
	}
	return forest, detector, values, bits
}

func TestBitsAreThoseOfAllInterfaces(t *testing.T) {
	ofForest, ofDetector, values, bits := expected(t)
	forest, err := NewForest(ofForest)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := forest.ProcessAll(values[:1000], 500)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := forest.Save()
	if err != nil {
		t.Fatal(err)
	}
	forest.Close()
	if forest, err = LoadForest(bytes); err != nil {
		t.Fatal(err)
	}
	defer forest.Close()
	for row := 500; row < 1000; row++ {
		ahead, err := forest.Score(values[2*row : 2*row+2]...)
		if err != nil {
			t.Fatal(err)
		}
		score, err := forest.Process(values[2*row : 2*row+2]...)
		if err != nil || score != ahead {
			t.Fatal(row, score, ahead, err)
		}
		scores = append(scores, score)
	}
	for row, score := range scores {
		if math.Float64bits(score) != bits[0][row] {
			t.Fatalf("forest, row %d: %x, expected %x", row, math.Float64bits(score), bits[0][row])
		}
	}
	detector, err := NewDetector(ofDetector)
	if err != nil {
		t.Fatal(err)
	}
	defer detector.Close()
	found, err := detector.ProcessAll(values, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for row, detection := range found {
		if math.Float64bits(detection.Score) != bits[1][row] {
			t.Fatalf("detector, row %d: %v", row, detection)
		}
	}
}

func TestRefusalsHaveMessagesAndChangeNothing(t *testing.T) {
	_, err := NewForest(`{"sample_sizes": 3}`)
	var refusal *Error
	if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Message, "unknown parameter") {
		t.Fatal(err)
	}
	if _, err := LoadDetector(nil); err == nil {
		t.Fatal("an empty slice must not load as a detector")
	}
	detector, err := NewDetector(`{"input_dimensions": 2}`)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := detector.Save()
	if _, err := detector.Process(1); err == nil || err.Error() != "rcf: expected 2 values, got 1" {
		t.Fatal(err)
	}
	if _, err := detector.ProcessAll([]float64{1, 2, 3}, 2); err == nil {
		t.Fatal("three values must not be accepted as two rows")
	}
	if _, err := detector.Process(); err == nil {
		t.Fatal("an empty observation must be refused")
	}
	after, _ := detector.Save()
	if string(before) != string(after) {
		t.Fatal("a refusal changed the detector")
	}
	detector.Close()
	detector.Close()
	if _, err := detector.Process(1, 2); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestGoroutinesShareAModel(t *testing.T) {
	forest, err := NewForest(`{"number_of_trees": 5, "output_after": 1}`)
	if err != nil {
		t.Fatal(err)
	}
	defer forest.Close()
	var all sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 200; i++ {
				if _, err := forest.Process(float64(i)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
	if score, err := forest.Score(1e6); err != nil || score < 2 {
		t.Fatal(score, err)
	}
}

func TestWhatIsMarkedAsNormalIsSuppressed(t *testing.T) {
	detector, err := NewDetector(`{"seed": 7}`)
	if err != nil {
		t.Fatal(err)
	}
	defer detector.Close()
	var reported []bool
	for at := 0; at < 1500; at++ {
		value := math.Sin(float64(at) / 8)
		if at%500 == 499 {
			value += 4
		}
		found, err := detector.Process(value)
		if err != nil {
			t.Fatal(err)
		}
		if at == 100 {
			if _, err := detector.MarkNormal(found); err == nil {
				t.Fatal("no candidate can be marked here")
			}
		}
		if at%500 != 499 {
			continue
		}
		reported = append(reported, found.IsAnomaly)
		if at == 499 {
			if mark, err := detector.MarkNormal(found); err != nil || mark != 0 {
				t.Fatal(mark, err)
			}
		} else if at == 999 {
			if err := detector.UnmarkNormal(0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if fmt.Sprint(reported) != "[true false true]" || detector.UnmarkNormal(0) == nil {
		t.Fatal(reported)
	}
}

func TestDetectionsSayWhatWasNotLearned(t *testing.T) {
	detector, err := NewDetector(`{"input_dimensions": 2}`)
	if err != nil {
		t.Fatal(err)
	}
	defer detector.Close()
	random := rand.New(rand.NewSource(3))
	inside := 0
	for at := 0; at < 2500; at++ {
		level := 0.0
		if 2000 <= at && at < 2300 {
			level = 6
		}
		found, err := detector.Process(level+random.NormFloat64(), level+random.NormFloat64())
		if err != nil {
			t.Fatal(err)
		}
		if level > 0 && found.Unlearned {
			inside++
		}
	}
	if inside <= 100 {
		t.Fatalf("%d of 300", inside)
	}
}

func TestNewCategoriesAreSurprising(t *testing.T) {
	encoder, err := NewCategoryEncoder("{}")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 1000; i++ {
		if _, err := encoder.Process([]string{"GET", "POST", "GET"}[i%3]); err != nil {
			t.Fatal(err)
		}
	}
	common, _ := encoder.Surprise("GET")
	rare, _ := encoder.Surprise("")
	if common > 0.5 || rare < 5 {
		t.Fatal(common, rare)
	}
	bytes, err := encoder.Save()
	if err != nil {
		t.Fatal(err)
	}
	encoder.Close()
	if _, err := encoder.Process("GET"); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	again, err := LoadCategoryEncoder(bytes)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if surprise, err := again.Process(""); err != nil || surprise != rare {
		t.Fatal(surprise, err)
	}
	if _, err := NewCategoryEncoder(`{"capacity": 0}`); err == nil {
		t.Fatal("a capacity of 0")
	}
}
