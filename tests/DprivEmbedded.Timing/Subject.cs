using System;

namespace DprivEmbedded.Timing;

/// <summary>An operation that is measured with inputs of two classes. If its time tells the classes apart, it depends on what tells them apart.</summary>
/// <param name="Name">The operation.</param>
/// <param name="Classes">What the classes are.</param>
/// <param name="Prepare">Puts an input of class 0 or 1 in place; not measured, the same work for both.</param>
/// <param name="Run">The operation; measured.</param>
/// <param name="Repeats">How often it runs in one measurement: the clock is coarse for short ones.</param>
/// <param name="Leaks">Whether it is a control that must be found to depend on the class; null for a subject.</param>
internal sealed record Subject(string Name, string Classes, Action<int> Prepare, Action Run, int Repeats, bool? Leaks = null);
